/** Whose note of Pulumi's keeps a stack: only a Pulumi's that runs. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { lockHolders, takeOver } from "../../../lab-scripts/lab/lock.ts";
import { lockDirectory } from "../../../lab-scripts/lab/project.ts";

const STACK = "test-lock";
afterEach(() => rmSync(lockDirectory(STACK), { recursive: true, force: true }));

function holdersBy(text: string) {
  mkdirSync(lockDirectory(STACK), { recursive: true });
  writeFileSync(join(lockDirectory(STACK), "0.json"), text);
  return lockHolders(STACK);
}

const note = (pid: number, host = hostname()) =>
  JSON.stringify({ pid, hostname: host, timestamp: "2026-01-01T00:00:00Z" });

test("a process that has ended, and one that is no Pulumi and got its number since, hold nothing", () => {
  expect(holdersBy(note(2 ** 22 + 1))).toMatchObject([{ alive: false }]);
  expect(holdersBy(note(process.pid))).toMatchObject([{ pid: process.pid, alive: false }]);
  takeOver(STACK);
  expect(lockHolders(STACK)).toEqual([]);
});

test("on another machine nobody can look: it holds", () => {
  expect(holdersBy(note(1, "elsewhere"))).toMatchObject([{ alive: true }]);
  expect(() => takeOver(STACK)).toThrow("stack test-lock is being changed by process 1 since 2026-01-01T00:00:00Z");
});

test.each(["", '{"pid":12'])("a note that a loss of power cut off (%j) holds nothing", (text) => {
  expect(holdersBy(text)).toMatchObject([{ alive: false }]);
});
