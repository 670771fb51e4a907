/** A program that runs somewhere: a child process, or a command inside a container. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { READABLE } from "./command.ts";

export interface Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** What it wrote to its standard error so far, or why it could not be started. */
  readonly problem: string[];
  /** Leaves it: a program that reads its standard input to the end then ends by itself. */
  kill(): void;
  /** Its exit code, once it has ended and all of its output was read; null when a signal or no start ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts a command of this machine. */
export function child([file, ...args]: readonly string[]): Running {
  const started = spawn(file!, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...READABLE },
  });
  const { stdin, stdout, stderr } = started;
  const problem: string[] = [];
  started.on("error", ({ message }) => problem.push(message));
  stdin.on("error", () => {}); // one that closes early says why on its standard error
  stderr.setEncoding("utf8").on("data", (text: string) => problem.push(text));
  const ended = once(started, "close").then(
    ([code]) => code as number | null,
    () => null,
  );
  return { stdin, stdout, problem, kill: () => started.kill("SIGTERM"), ended };
}
