/** Whose lock of Pulumi's keeps a stack: only a Pulumi's that runs. */
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { isAtWork, lockIn } from "../../../lab-scripts/lab/lock.ts";

const SAID = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///x/.state/.pulumi/locks/organization/podlab/routed/447f0e31.json?metadata=skip: created by root@laptop (pid 21133) at 2026-11-28T22:27:52Z`;

test("who holds it, from Pulumi's words", () => {
  expect(lockIn(SAID)).toEqual({ host: "laptop", pid: 21133, since: "2026-11-28T22:27:52Z" });
  expect(lockIn("error: something else")).toBeUndefined();
});

test("a process that has ended, and one that is no Pulumi and got its number since, hold nothing", () => {
  expect(isAtWork({ pid: 2 ** 22 + 1, host: hostname(), since: "" })).toBe(false);
  expect(isAtWork({ pid: process.pid, host: hostname(), since: "" })).toBe(false);
});

test("on another machine nobody can look: it holds", () => {
  expect(isAtWork({ pid: 1, host: "elsewhere", since: "" })).toBe(true);
});
