import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findCommand, lastLines, runCommand } from "../../../lab-scripts/setup/command.ts";
import { isAlive } from "../../../lab-scripts/setup/lock.mjs";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podlab-command-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("gives outputs apart, lines as they come, and all of it to the log", async () => {
  const lines: string[] = [];
  const log = join(directory, "log");
  const script = "echo one; echo two >&2; printf 'half\\rfull\\n'; exit 3";
  const result = await runCommand("sh", ["-c", script], { log, onLine: (line) => lines.push(line) });
  expect(result).toMatchObject({ ok: false, status: "exit 3", stdout: "one\nhalf\rfull\n" });
  expect(lines.sort()).toEqual(["full", "half", "one", "two"]);
  expect(readFileSync(log, "utf8")).toContain("two");
});

test("a command that does not exist is a failure, not an exception", async () => {
  expect(await runCommand("podlab-no-such", [])).toMatchObject({ ok: false, status: "no command podlab-no-such" });
});

test("the limit ends a command and all that it started", async () => {
  const pidFile = join(directory, "pid");
  const script = `sleep 60 & echo $! > ${pidFile}; wait`;
  const result = await runCommand("sh", ["-c", script], { timeoutMs: 300 });
  expect(result).toMatchObject({ ok: false, status: "no end after 0.3 s" });
  await expect.poll(() => isAlive(Number(readFileSync(pidFile, "utf8")))).toBe(false);
});

test("an abort waits until the command has cleaned up, and SIGKILL follows if it won't end", async () => {
  const file = join(directory, "cleaned");
  const controller = new AbortController();
  const tidy = `trap 'sleep 0.2; touch ${file}; exit' TERM; while :; do sleep 0.05; done`;
  const running = runCommand("sh", ["-c", tidy], { signal: controller.signal });
  await sleep(100);
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(existsSync(file)).toBe(true);

  const stubborn = "trap '' TERM; while :; do sleep 0.05; done";
  const result = await runCommand("sh", ["-c", stubborn], { timeoutMs: 100, graceMs: 100 });
  expect(result.ok).toBe(false);
});

test("finds a command as a shell would, and no directory of its name", () => {
  expect(findCommand("sh")).toMatch(/\/sh$/);
  expect(findCommand("podlab-no-such")).toBeUndefined();
  expect(findCommand("tmp", { PATH: "/" })).toBeUndefined();
  expect(findCommand("sh", {})).toBeUndefined();
});

test("the last lines keep a message readable", () => {
  const text = `${"a\n".repeat(50)}${"b".repeat(4_000)}\n`;
  const lines = lastLines(text, 3).split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[2]).toHaveLength(300);
});
