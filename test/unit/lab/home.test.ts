/** Where a folder keeps its labs: a clone beside its sources, every other folder in `.podlab`. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../../../lab-scripts/lab/project.ts";

const folder = mkdtempSync(join(tmpdir(), "podlab-home-"));
afterAll(() => rmSync(folder, { recursive: true }));

const places = async (home: string): Promise<object> => {
  const modules = ["project", "workspace"].map(
    (name) => `import * as ${name} from "${ROOT}/lab-scripts/lab/${name}.ts";`,
  );
  const show = "console.log(JSON.stringify([project.STATE, project.REPORTS, await workspace.workspace()]))";
  const args = ["--input-type=module", "--eval", [...modules, show].join("\n")];
  return JSON.parse((await execa(process.execPath, args, { env: { PODLAB_HOME: home } })).stdout);
};

test("in a clone, also another one than the one that runs or the same by another path; in any other folder", async () => {
  const [clone, link, plain] = ["clone", "link", "plain"].map((name) => join(folder, name)) as [string, string, string];
  mkdirSync(join(clone, "infra"), { recursive: true });
  writeFileSync(join(clone, "infra/home.ts"), "");
  symlinkSync(ROOT, link);
  mkdirSync(plain);
  for (const one of [clone, link]) expect(await places(one)).toEqual([join(one, ".state"), join(one, "report"), one]);
  const own = join(plain, ".podlab");
  expect(await places(plain)).toEqual([join(own, "state"), join(own, "report"), own]);
});
