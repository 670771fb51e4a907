/**
 * The examples in Go and Python: their SDKs are made of the component's schema, their types are checked, and the programs run on the
 * real engine, which builds their lab and removes it. A program runs in the test's own process (Pulumi's Automation API): `pulumi
 * up` of a folder and `pulumi package add` take language hosts, which a Pulumi that was built here has not got.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa, type Options } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { labObjects } from "../../lab-scripts/lab/objects.ts";
import { ROOT } from "../../lab-scripts/lab/project.ts";
import { tearDown } from "../../lab-scripts/lab/teardown.ts";
import { own } from "../lab/ownership.ts";
import { goEnvironment, goFlags, goTool, python } from "../tools/tools.ts";

const folder = mkdtempSync(join(tmpdir(), "podlab-sdks-"));
let lock: Awaited<ReturnType<typeof own>>;

beforeAll(async () => {
  lock = await own("test-examples"); // which have a lab of the same name
  const schema = join(ROOT, "docs/component.schema.json");
  await execa(await goTool("podlab-sdk"), [schema, join(folder, "sdks")]);
}, 600_000);

afterAll(async () => {
  await tearDown(() => labObjects("teams")); // what a failure has left
  rmSync(folder, { recursive: true, force: true });
  lock?.release();
});

/** A copy of an example, with a state of its own. */
function copyOf(example: string, runner: string): Options & { cwd: string } {
  const cwd = join(folder, example);
  cpSync(join(ROOT, "examples", example), cwd, { recursive: true });
  cpSync(join(ROOT, "test/release/sdks", runner), join(cwd, runner));
  mkdirSync(join(cwd, "state"));
  const env = { PULUMI_BACKEND_URL: `file://${cwd}/state`, PULUMI_CONFIG_PASSPHRASE: "" };
  return { cwd, env: { ...env, PATH: `${ROOT}:${process.env.PATH}` }, reject: false, all: true };
}

async function expectLab(printed: string): Promise<void> {
  const line = printed.split("\n").find((each) => each.startsWith("{"));
  const outputs = JSON.parse(line ?? "null");
  expect(outputs, printed).toMatchObject({ passed: expect.any(Number), pods: { "red/api": expect.any(String) } });
  expect(outputs.passed).toBeGreaterThan(100);
  const { containers, networks } = await labObjects("teams");
  expect([...containers, ...networks]).toEqual([]);
}

test("Python", async () => {
  const interpreter = await python();
  const options = copyOf("from-python", "run.py");
  const site = join(folder, "site");
  await execa("pip3", [
    "--python",
    interpreter,
    "install",
    "--quiet",
    "--no-deps",
    "--target",
    site,
    join(folder, "sdks/python"),
  ]);
  const types = () =>
    execa(interpreter, ["-m", "mypy", "--strict", "--follow-imports", "silent", "__main__.py"], {
      ...options,
      env: { MYPYPATH: site },
    });
  const checked = await types();
  expect(checked.exitCode, checked.all as string).toBe(0);

  const ran = await execa(interpreter, ["run.py"], { ...options, env: { ...options.env, PYTHONPATH: site } });
  expect(ran.exitCode, ran.all as string).toBe(0);
  await expectLab(ran.all as string);

  const file = join(options.cwd, "__main__.py");
  writeFileSync(file, readFileSync(file, "utf8").replace("hosts=[", "host=["));
  expect((await types()).all).toContain('Unexpected keyword argument "host"');
}, 400_000);

test("Go", async () => {
  const options = copyOf("from-go", "run_test.go");
  const go = (command: string) =>
    execa("sh", ["-c", `${goFlags}; export GOFLAGS="$GOFLAGS -mod=mod"; ${command}`], {
      ...options,
      env: { ...options.env, PATH: `${ROOT}:${goEnvironment.PATH}` },
    });
  const module = "example.com/pulumi-podlab/sdk/go";
  const added = await go(
    `go mod edit -require ${module}@v0.0.0 -replace ${module}=${folder}/sdks/go && go mod tidy && go vet .`,
  );
  expect(added.exitCode, added.all as string).toBe(0);

  const ran = await go("go test -v -count=1 .");
  expect(ran.exitCode, ran.all as string).toBe(0);
  await expectLab(ran.all as string);

  const file = join(options.cwd, "main.go");
  writeFileSync(file, readFileSync(file, "utf8").replace("Hosts: hosts", "Host: hosts"));
  expect((await go("go vet .")).all).toMatch(/unknown field Host in struct literal/);
}, 600_000);
