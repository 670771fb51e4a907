/** The project's workflow, the action, and what `podlab init --ci github` writes, as actionlint sees them; it hands shell to shellcheck. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { template } from "../../../lab-scripts/commands/init.ts";
import { ROOT } from "../../../lab-scripts/lab/project.ts";
import { goTool } from "../../tools/tools.ts";

const folder = mkdtempSync(join(tmpdir(), "podlab-workflows-"));
const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8"));
let actionlint: string;

beforeAll(async () => {
  actionlint = await goTool("actionlint");
  // A repository as the workflow's job "action" sees it: podlab is checked out into a folder of it.
  for (const each of [".git", ".github/workflows", "podlab"]) mkdirSync(join(folder, each), { recursive: true });
  cpSync(join(ROOT, "action.yml"), join(folder, "podlab/action.yml"));
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true }));

async function problems(workflow: string): Promise<string> {
  const file = join(folder, ".github/workflows/one.yml");
  writeFileSync(file, workflow);
  const { stdout } = await execa(actionlint, ["-oneline", "-shellcheck", "shellcheck", file], {
    cwd: folder,
    reject: false,
  });
  return stdout;
}

/** The action's steps as a job, with its inputs: of an action actionlint reads nothing but the inputs. */
const actionAsWorkflow = (steps: object[] = action.runs.steps): string =>
  stringify({
    on: { workflow_dispatch: { inputs: action.inputs } },
    jobs: { action: { "runs-on": "ubuntu-latest", steps } },
  });

test("nothing is wrong", async () => {
  expect(await problems(readFileSync(join(ROOT, ".github/workflows/test.yml"), "utf8"))).toBe("");
  expect(await problems(await template("github.yml", { FILE: "mine.yaml", VERSION: "1.2.3" }))).toBe("");
  expect(await problems(actionAsWorkflow())).toBe("");
});

test("a wrong input of the action, an unknown expression and bad shell are found", async () => {
  const workflow = readFileSync(join(ROOT, ".github/workflows/test.yml"), "utf8");
  expect(await problems(workflow.replace("lab: routed", "lap: routed"))).toContain(
    'input "lap" is not defined in action',
  );
  const step = (run: string) => actionAsWorkflow([{ run, shell: "bash" }]);
  expect(await problems(step("echo $" + "{{ inputs.lap }}"))).toContain('property "lap" is not defined');
  expect(await problems(step("cd $HOME/$1"))).toContain("SC2086");
});
