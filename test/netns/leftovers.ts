/** Removing namespaces: a lab's own, and those of a run that was killed before it could. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync } from "node:fs";

/** A process' number means something in its own PID namespace only, while names of network namespaces may be shared. */
const PROCESSES = existsSync("/proc/self/ns/pid") ? /\d+/.exec(readlinkSync("/proc/self/ns/pid"))![0] : "0";

const PREFIX = `podlab-${PROCESSES}-`;

/** What the names of all namespaces of this process begin with. */
export const OWN_PREFIX = `${PREFIX}${process.pid}-`;

/** Deletes namespaces of ours with the processes that are left in them. Never throws. */
export function deleteNamespaces(names: readonly string[]): void {
  const there = names.filter((name) => existsSync(`/run/netns/${name}`));
  if (there.length === 0) return;
  for (const name of there) for (const pid of processesIn(name)) kill(pid);
  try {
    // Goes on after an error, so that one that is gone already keeps no other.
    execFileSync("ip", ["-force", "-batch", "-"], {
      input: there.map((name) => `netns del ${name}\n`).join(""),
      stdio: ["pipe", "ignore", "ignore"],
    });
  } catch {
    // gone already
  }
}

/** Removes what runs left behind whose process is no more. @returns how many namespaces those were */
export function sweep(): number {
  const all = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  const orphans = all.filter((name) => {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  });
  deleteNamespaces(orphans);
  return orphans.length;
}

function processesIn(name: string): number[] {
  try {
    return execFileSync("ip", ["netns", "pids", name], { encoding: "utf8" }).split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone already
  }
}
