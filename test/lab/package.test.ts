/** The npm package: installed from its archive into an empty folder, it builds, checks and removes a lab there. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { INSTALL, pack } from "../../lab-scripts/release/build.ts";
import { own } from "./ownership.ts";

const NAME = "test-package";
const folder = mkdtempSync(join(tmpdir(), "podlab-package-"));
let lab: Awaited<ReturnType<typeof own>>;

const npx = (...args: string[]) =>
  execa("npx", ["--no-install", "podlab", ...args], { cwd: folder, reject: false, all: true });

beforeAll(async () => {
  lab = await own(NAME);
  const packed = await pack(folder);
  const shipped = packed.files.map(({ path }) => path.split("/")[0]);
  expect(new Set(shipped)).toEqual(
    new Set(["bin", "dist", "package.json", "README.md", "LICENSE", "PulumiPlugin.yaml", "pulumi-resource-podlab"]),
  );
  expect(packed.size).toBeLessThan(1_500_000);
  await execa("npm", ["install", ...INSTALL, join(folder, packed.filename)], { cwd: folder });
});

afterAll(async () => {
  await npx("stop", NAME);
  rmSync(folder, { recursive: true, force: true });
  lab?.release();
});

test("a lab is built from the file that init wrote, checked and removed; all that is kept is in .podlab", async () => {
  expect(await npx("init", NAME)).toMatchObject({
    exitCode: 0,
    all: expect.stringContaining(`npx podlab start ${NAME}.yaml`),
  });
  const before = readdirSync(folder);
  const started = await npx("start", `${NAME}.yaml`);
  expect(started.exitCode, started.all).toBe(0);
  expect(started.all).toContain(`report: .podlab/report/${NAME}/index.html`);
  const report = JSON.parse(readFileSync(join(folder, ".podlab/report", NAME, "report.json"), "utf8"));
  expect(report.summary.total).toBeGreaterThan(100);
  expect(report.summary.passed).toBe(report.summary.total);

  const checked = await npx("check", NAME);
  expect(checked.exitCode, checked.all).toBe(0);
  const preview = await npx("pulumi", "preview", "--stack", NAME, "--expect-no-changes");
  expect(preview.exitCode, preview.all).toBe(0);

  const stopped = await npx("stop", `${NAME}.yaml`);
  expect(stopped.exitCode, stopped.all).toBe(0);
  expect(stopped.all).toMatch(/4 containers, 3 networks/);
  expect(readdirSync(folder)).toEqual(before);
  expect(existsSync(join(folder, "node_modules/podlab/.podlab"))).toBe(false);
});
