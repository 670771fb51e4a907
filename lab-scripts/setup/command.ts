import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, closeSync, constants, openSync, statSync, writeSync } from "node:fs";
import { delimiter, join } from "node:path";
import { READABLE } from "../../infra/machine/command.ts";

interface CommandOptions {
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  signal?: AbortSignal | undefined;
  /** After so many milliseconds the command is ended and counts as failed. */
  timeoutMs?: number | undefined;
  /** A file that gets all that the command prints. */
  log?: string | undefined;
  /** Told of each line as it is printed, on either output. */
  onLine?: ((line: string) => void) | undefined;
  /** Whether its standard output is data that the caller reads itself, and only the other one holds words. */
  stdoutIsData?: boolean | undefined;
  /** How to end it; apt must hear SIGINT, which lets dpkg finish the package it is at. */
  stopWith?: NodeJS.Signals | undefined;
  /** How long it has then, before SIGKILL. */
  graceMs?: number | undefined;
}

/** A command that ran: its exit status (or the signal or reason that ended it) and what it printed. */
interface CommandResult {
  ok: boolean;
  status: string;
  stdout: string;
  /** The end of both outputs, for a message. */
  tail: string;
}

const KEPT = 64 * 1024;
const living = new Set<ChildProcess>();

// A process that exits without waiting for its commands takes them along: nothing works on unseen.
process.on("exit", () => {
  for (const child of living) signalGroup(child, "SIGTERM");
});

/**
 * Runs a command in a process group of its own, so that Ctrl-C reaches it through us only and ends all of it.
 * Doesn't fail when the command does: the caller knows what that means.
 * @throws the signal's reason, once the command has ended, when `signal` aborts
 */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions = {}) {
  options.signal?.throwIfAborted();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env), ...READABLE },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return await superviseCommand(child, file, options);
}

/** The same for a command that was started already, such as one end of a pipe. It must be a group leader. */
export async function superviseCommand(
  child: ChildProcess,
  name: string,
  options: CommandOptions,
): Promise<CommandResult> {
  living.add(child);
  const log = openLog(options.log);
  const kept = { stdout: "", tail: "" };
  collect(child, kept, log, options);

  let reason: string | undefined;
  let killer: NodeJS.Timeout | undefined;
  const stop = (why: string) => {
    reason ??= why;
    signalGroup(child, options.stopWith ?? "SIGTERM");
    killer ??= setTimeout(() => signalGroup(child, "SIGKILL"), options.graceMs ?? 5_000);
  };
  const abort = () => stop("aborted");
  options.signal?.addEventListener("abort", abort, { once: true });
  const { timeoutMs } = options;
  const timer = timeoutMs && setTimeout(() => stop(`no end after ${timeoutMs / 1000} s`), timeoutMs);

  const status = await once(child, "close").then(
    ([code, signal]) => (code === null ? `ended by ${signal}` : `exit ${code}`),
    ({ code, message }: NodeJS.ErrnoException) => (code === "ENOENT" ? `no command ${name}` : message),
  );
  if (timer) clearTimeout(timer);
  clearTimeout(killer);
  options.signal?.removeEventListener("abort", abort);
  living.delete(child);
  if (log !== undefined) closeSync(log);
  options.signal?.throwIfAborted();
  return { ok: status === "exit 0" && reason === undefined, status: reason ?? status, ...kept };
}

/** The path of a command, as a shell would find it on PATH; undefined when there is none. */
export function findCommand(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  for (const directory of (env.PATH ?? "").split(delimiter)) {
    const path = join(directory || ".", name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not here: look on
    }
  }
  return undefined;
}

/** The last lines of an output, for a message; dpkg is known for lines of four thousand characters. */
export function lastLines(text: string, count = 12): string {
  const lines = text.trimEnd().split("\n").slice(-count);
  return lines.map((line) => (line.length > 300 ? `${line.slice(0, 299)}…` : line)).join("\n");
}

/** Whether a child has ended, or was never started. */
export const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Signals a child and all that it started. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (hasEnded(child)) return;
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // ended meanwhile
  }
}

function collect(
  child: ChildProcess,
  kept: { stdout: string; tail: string },
  log: number | undefined,
  { onLine, stdoutIsData }: CommandOptions,
): void {
  for (const stream of stdoutIsData ? [child.stderr] : [child.stdout, child.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (text: string) => {
      writeLog(log, text);
      if (stream === child.stdout) kept.stdout = (kept.stdout + text).slice(-KEPT);
      kept.tail = (kept.tail + text).slice(-KEPT);
      if (!onLine) return;
      const lines = (rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim()) onLine(line.trim());
    });
  }
}

function openLog(file: string | undefined): number | undefined {
  try {
    return file === undefined ? undefined : openSync(file, "a");
  } catch {
    return undefined;
  }
}

/** A log that can't be written, on a full disk say, is no reason to end the command: the end of its words is kept. */
function writeLog(log: number | undefined, text: string): void {
  try {
    if (log !== undefined) writeSync(log, text);
  } catch {
    // see above
  }
}
