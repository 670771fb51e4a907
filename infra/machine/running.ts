/** A program that runs behind a door, whatever the door is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

export interface Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** What it, or the door, complained of so far. */
  readonly problem: string[];
  /** When it is under way as far as this process is needed for that. Never rejects: what went wrong is in `ended`. */
  readonly begun: Promise<void>;
  /** Goes away from it: a program that reads its standard input to the end then ends by itself. */
  kill(): void;
  /** Its exit code, once it has ended and all that it said was read; null when a signal or no start ended it. */
  readonly ended: Promise<number | null>;
}

/** A command of this machine. */
export function child([file, ...args]: readonly string[]): Running {
  const started = spawn(file!, args, { stdio: ["pipe", "pipe", "pipe"] });
  const { stdin, stdout, stderr } = started;
  const problem: string[] = [];
  started.on("error", ({ message }) => problem.push(message));
  stdin.on("error", () => {}); // a door that closes early says why on stderr
  stderr.setEncoding("utf8").on("data", (text: string) => problem.push(text));
  const ended = once(started, "close").then(
    ([code]) => code as number | null,
    () => null,
  );
  return { stdin, stdout, problem, begun: Promise.resolve(), kill: () => started.kill("SIGTERM"), ended };
}
