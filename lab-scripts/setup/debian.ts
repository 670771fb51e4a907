import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { textIn } from "../../infra/files.ts";
import { lastLines, runCommand } from "./command.ts";
import type { SetUpContext } from "./step.ts";
import { SetupError } from "./step.ts";

/** Whether podlab may install packages here: as root, on Debian, Ubuntu or a relative. */
export function mayInstallPackages(): boolean {
  return process.getuid?.() === 0 && isDebian();
}

/** Debian, Ubuntu, or a system that says it is like them (os-release(5)). */
export function isDebian(osRelease = textIn("/etc/os-release")): boolean {
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

/** One of the package indexes that apt knows on this machine, as `apt-get indextargets` lists it. */
export interface AptIndex {
  /** Who signs for it, from its Release file: `Debian`, `Ubuntu`, a third party, or nothing before an update. */
  origin: string;
  label: string;
  component: string;
  uri: string;
}

const FIELDS = "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The package indexes of this machine. apt itself reads its configuration, in all the forms that this can have. */
export async function aptIndexes(signal: AbortSignal): Promise<AptIndex[]> {
  const { stdout } = await runCommand("apt-get", ["indextargets", "--format", FIELDS, "Created-By: Packages"], {
    signal,
    timeoutMs: 30_000,
  });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [origin = "", label = "", component = "", uri = ""] = line.split("|");
      return { origin, label, component, uri };
    });
}

/**
 * Lines of sources.list for a Debian release, from the mirrors that this machine uses for Debian of any release.
 * What others offer (Docker, NodeSource, …) stays out, though its suite may bear the release's name: only what Debian
 * signs counts, and it is verified against Debian's keyring.
 * @returns no lines where the machine knows no Debian mirror, as on Ubuntu
 */
export function debianSources(indexes: readonly AptIndex[], release: string): string[] {
  const main = indexes.filter(({ origin, component }) => origin === "Debian" && component === "main");
  const urisOf = (name: string) => [...new Set(main.filter(({ label }) => label === name).map(({ uri }) => uri))];
  const mirrors = urisOf("Debian");
  if (mirrors.length === 0) return [];
  const line = (uri: string, suite: string) => `deb [signed-by=${KEYRING}] ${uri} ${suite} main`;
  return [
    ...mirrors.flatMap((uri) => [line(uri, release), line(uri, `${release}-updates`)]),
    ...urisOf("Debian-Security").map((uri) => line(uri, `${release}-security`)),
  ];
}
