/** `podlab import`: the lab on standard output or in a new file, what was left out on standard error. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { labOf } from "../../../lab-scripts/lab/stackSpec.ts";

const CLI = join(import.meta.dirname, "../../../lab-scripts/cli.ts");
const CLUSTER = join(import.meta.dirname, "cluster.yaml");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "podlab-import-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (args: string[], input = "") =>
  execa(process.execPath, [CLI, "import", ...args], { cwd: folder, input, reject: false });

test("from standard input to standard output", async () => {
  const { stdout, stderr, exitCode } = await run(["-"], readFileSync(CLUSTER, "utf8"));
  expect(exitCode).toBe(0);
  expect(labOf({ stack: "cluster", place: "cluster.yaml", text: stdout }).plan.pods).toHaveLength(6);
  expect(stderr).toContain("pod shop/batch-29391840-w5hjd: names no ports");
});

test("--out writes a new file, and refuses one that is there", async () => {
  const { stdout, exitCode } = await run([CLUSTER, "--out", "cluster.yaml"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^wrote cluster\.yaml\nnext: .*start.*cluster\.yaml$/);
  const text = readFileSync(join(folder, "cluster.yaml"), "utf8");
  expect(labOf({ stack: "cluster", place: "cluster.yaml", text }).lab.name).toBe("cluster");
  expect(await run([CLUSTER, "--out", "cluster.yaml"])).toMatchObject({
    exitCode: 3,
    stdout: "",
    stderr: "podlab: cluster.yaml is there already; nothing was written",
  });
  expect(readFileSync(join(folder, "cluster.yaml"), "utf8")).toBe(text);
});

test("bad input ends with exit code 3, and writes nothing", async () => {
  expect(await run(["-", "--out", "bad.yaml"], "a: [")).toMatchObject({
    exitCode: 3,
    stderr: expect.stringMatching(/^podlab: standard input is no YAML/),
  });
  expect(existsSync(join(folder, "bad.yaml"))).toBe(false);
  expect(await run(["gone.yaml"])).toMatchObject({
    exitCode: 3,
    stderr: expect.stringMatching(/gone\.yaml can't be read/),
  });
  expect(await run([CLUSTER, "--out", "lab.txt"])).toMatchObject({
    exitCode: 3,
    stderr: expect.stringMatching(/lab\.txt is no lab's file/),
  });
});
