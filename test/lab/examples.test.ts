/** Each example's README: its commands are run in a copy of its folder, and say what the README says. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBaseImage } from "../../infra/machine/baseImage.ts";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { ROOT } from "../../lab-scripts/lab/project.ts";
import { tearDown } from "../../lab-scripts/lab/teardown.ts";
import { build } from "../../lab-scripts/release/build.ts";
import { goTool } from "../tools/tools.ts";
import { own } from "./ownership.ts";

const EXAMPLES = join(ROOT, "examples");
const folder = mkdtempSync(join(tmpdir(), "podlab-examples-"));
const labs: string[] = [];
let yamlHost: string;
let lock: Awaited<ReturnType<typeof own>>;

beforeAll(async () => {
  lock = await own("test-examples");
  // `npx podlab` is this clone's, which keeps what it writes in the example's folder; `npm install` has nothing to fetch.
  mkdirSync(join(folder, "bin"));
  shell("npx", `shift; exec node ${ROOT}/bin/podlab.mjs "$@"`);
  shell(
    "npm",
    `mkdir -p node_modules && ln -sf ${ROOT} node_modules/podlab && ln -sf ${ROOT}/node_modules/@pulumi node_modules/@pulumi`,
  );
  yamlHost = dirname(await goTool("pulumi-language-yaml"));
  await build();
}, 600_000);

afterAll(async () => {
  for (const lab of labs) await tearDown(() => labObjects(lab));
  rmSync(folder, { recursive: true, force: true });
  lock?.release();
});

function shell(name: string, script: string): void {
  const file = join(folder, "bin", name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

interface Command {
  readonly line: string;
  readonly exitCode: number;
  readonly expected: string[];
}

/** Returns the commands of a README's `console` block, and what each is to print. */
function commandsOf(readme: string): Command[] {
  const block = /```console\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const commands: Command[] = [];
  for (const line of block.trimEnd().split("\n")) {
    const [, command, code] = /^\$ (.*?)(?: +# exit code (\d+))?$/.exec(line) ?? [];
    if (command !== undefined) commands.push({ line: command, exitCode: Number(code ?? 0), expected: [] });
    else commands.at(-1)!.expected.push(line);
  }
  return commands;
}

const asPattern = (line: string): RegExp =>
  new RegExp(
    line
      .trim()
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*"),
  );

const names = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

test("there are examples, and the index names each", () => {
  const index = readFileSync(join(EXAMPLES, "README.md"), "utf8");
  expect(names.length).toBeGreaterThanOrEqual(10);
  for (const name of names) expect(index).toContain(`[${name}](${name})`);
});

/** Their commands need language hosts, which a Pulumi that was built here has not got: test/release/sdks.test.ts runs their programs. */
const WITH_SDK = ["from-go", "from-python"];
/** Its lab takes two machines: severalMachines.test.ts runs it. */
const ELSEWHERE = [...WITH_SDK, "several-machines"];

test.each(names.filter((name) => !ELSEWHERE.includes(name)))("%s does what its README says", async (name) => {
  const copy = join(folder, name);
  cpSync(join(EXAMPLES, name), copy, { recursive: true });
  const project = join(copy, "Pulumi.yaml");
  if (existsSync(project)) {
    const text = readFileSync(project, "utf8").replace("podlab: ../..", `podlab: ${ROOT}`);
    writeFileSync(
      project,
      `${text}\nbackend: {url: "file://${copy}/state"}\nconfig: {base: ${await findBaseImage()}}\n`,
    );
    mkdirSync(join(copy, "state"));
  }
  labs.push(...labsOf(name));
  const commands = commandsOf(readFileSync(join(copy, "README.md"), "utf8"));
  expect(commands.length).toBeGreaterThan(2);
  for (const { line, exitCode, expected } of commands) {
    const ran = await execa("sh", ["-c", line], {
      cwd: copy,
      env: { PATH: `${folder}/bin:${process.env.PATH}:${yamlHost}`, PULUMI_CONFIG_PASSPHRASE: "" },
      reject: false,
      all: true,
    });
    expect(ran.exitCode, `${line}\n${ran.all}`).toBe(exitCode);
    for (const each of expected) expect(ran.all, line).toMatch(asPattern(each));
  }
});

/** Returns the labs that an example makes: what is left of them after a failure is removed. */
function labsOf(name: string): string[] {
  const files = readdirSync(join(EXAMPLES, name)).flatMap((file) => /^(?!Pulumi)(.+)\.yaml$/.exec(file)?.[1] ?? []);
  return files.length > 0 ? files : [{ "from-yaml": "demo", "from-code": "teams" }[name] ?? name];
}
