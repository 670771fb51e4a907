import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lastLines, runCommand } from "./command.ts";
import { SetupError } from "./setupError.ts";
import type { SetUpContext } from "./step.ts";

/** Whether podlab may install packages here: as root, on Debian, Ubuntu or a relative. */
export function mayInstallPackages(): boolean {
  return process.getuid?.() === 0 && isDebian();
}

/** Debian, Ubuntu, or a system that says it is like them (os-release(5)). */
export function isDebian(osRelease = readOsRelease()): boolean {
  return existsSync("/usr/bin/apt-get") && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease);
}

let updated: Promise<void> | undefined;
let queue: Promise<unknown> = Promise.resolve();

/**
 * `apt-get install` of packages, after one `apt-get update` for all of a run. One at a time: dpkg has one lock. Another
 * program's lock is waited for, two minutes.
 * @throws SetupError with apt's own words
 */
export async function installPackages(
  packages: readonly string[],
  context: SetUpContext,
  signal: AbortSignal,
): Promise<void> {
  const turn = queue.then(async () => {
    signal.throwIfAborted();
    await updatePackageLists(context, signal);
    if (wasInterrupted()) await apt(["dpkg", "--configure", "-a"], context, signal);
    await apt(["apt-get", "install", "-y", "--no-install-recommends", ...packages], context, signal);
  });
  queue = turn.catch(() => undefined);
  await turn;
}

/** `apt-get update`, once a run. */
export async function updatePackageLists(context: SetUpContext, signal: AbortSignal): Promise<void> {
  updated ??= apt(["apt-get", "update"], context, signal);
  await updated;
}

/** Runs apt or dpkg without questions. It is ended by SIGINT and then waited for, so that no package is left in half. */
async function apt(command: readonly [string, ...string[]], context: SetUpContext, signal: AbortSignal): Promise<void> {
  const [program, ...args] = command;
  const options = program === "apt-get" ? ["-q", "-o", "DPkg::Lock::Timeout=120"] : [];
  const log = join(context.cache, "log", "apt.log");
  const { ok, status, tail } = await runCommand(program, [...options, ...args], {
    env: { ...context.env, DEBIAN_FRONTEND: "noninteractive" },
    log,
    signal,
    stopWith: "SIGINT",
    graceMs: 60_000,
    timeoutMs: 10 * 60_000,
  });
  if (ok) return;
  throw new SetupError(`\`${command.join(" ")}\` failed (${status}); all of it is in ${log}:\n${lastLines(tail)}`);
}

/** dpkg keeps journal files there only while it works (dpkg(1), "dpkg was interrupted"). */
function wasInterrupted(): boolean {
  try {
    return readdirSync("/var/lib/dpkg/updates").length > 0;
  } catch {
    return false;
  }
}

function readOsRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}
