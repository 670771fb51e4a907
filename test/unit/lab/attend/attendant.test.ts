/** `npm start` and the Pulumi that it runs: they mean the same plan, and where they do not understand each other nothing is lost. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { planDigest } from "../../../../infra/components/scripts.ts";
import { planLab } from "../../../../infra/plan/planner.ts";
import { readLab } from "../../../../infra/spec/read.ts";
import { ROOT, stackFile, stackNames } from "../../../../lab-scripts/lab/project.ts";
import { stackLab } from "../../../../lab-scripts/lab/stackSpec.ts";

const stacks = stackNames().filter((name) => !name.startsWith("test-") && name !== "bench");

/** As Go writes the maps of a stack's config, which is what Pulumi's program gets. */
function asGoWrites(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asGoWrites);
  if (value === null || typeof value !== "object") return value;
  const known = value as Record<string, unknown>;
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(known).sort()) sorted[key] = asGoWrites(known[key]);
  return sorted;
}

test.each(stacks)("the plan of stack %s is the program's", (stack) => {
  const spec = asGoWrites(parse(readFileSync(stackFile(stack), "utf8")).config["podlab:lab"]);
  expect(planDigest(stackLab(stack).plan)).toBe(planDigest(planLab(readLab(spec, stack))));
});

const DOOR = join(ROOT, "lab-scripts/door/verify.mjs");
let folder: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "podlab-attendant-"));
});
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

/** Somebody who hears one question and says this. */
async function attendant(answer: string): Promise<{ path: string; heard: unknown[] }> {
  const path = join(folder, "socket");
  const heard: unknown[] = [];
  server = createServer((socket) => {
    createInterface(socket).once("line", (line) => {
      heard.push(JSON.parse(line));
      socket.end(answer);
    });
  });
  await new Promise<void>((resolve) => server!.listen(path, resolve));
  return { path, heard };
}

/** The door, for a lab that is not there: who verifies by himself says so. */
const door = (path: string) =>
  execa(process.execPath, [DOOR], {
    reject: false,
    env: { LAB: "nowhere", PLAN: "p", GENERATIONS: "host01:1", MENDED: "", PODLAB_ATTENDANT: path },
  });

test("the door passes on what the attendant says", async () => {
  const lines = [{ tell: "podlab: waiting for host01\n" }, { exitCode: 1, output: "{}\n", tell: "not as planned\n" }];
  const { path, heard } = await attendant(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const { exitCode, stdout, stderr } = await door(path);
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 1,
    stdout: "{}",
    stderr: "podlab: waiting for host01\nnot as planned",
  });
  expect(heard).toEqual([{ ask: "verify", plan: "p", generations: "host01:1", mended: "" }]);
});

test.each([
  ["has nothing to say", ""],
  ["is gone", undefined],
])("where the attendant %s the door verifies by itself", async (_, answer) => {
  const path = answer === undefined ? join(folder, "nobody") : (await attendant(answer)).path;
  const { exitCode, stderr } = await door(path);
  expect(stderr).toContain("podlab: lab nowhere is not there");
  expect(exitCode).toBe(2);
});
