/** What this machine has left for a lab (plan/limits.ts), read from /proc. Of other machines' engines nothing is known. */
import { readdirSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { textIn } from "../files.ts";
import { needs, shortages } from "../plan/limits.ts";
import type { LabPlan } from "../plan/plan.ts";
import { UserError } from "../spec/problem.ts";
import { type Inventory, ofLab } from "./inventory.ts";
import { dataRootHere } from "./sameMachine.ts";

/** @throws UserError, which names all that would run out, and how to raise it */
export async function refuseShortages(plan: LabPlan, found: Inventory): Promise<void> {
  const made = ofLab(plan.lab, found).containers.map(({ name }) => name);
  const elsewhere = plan.nodes.filter(({ machine }) => machine).map(({ container }) => container);
  const needed = needs(plan, new Set([...made, ...elsewhere]));
  if (needed.namespaces === 0) return;
  const dataRoot = await dataRootHere();
  if (dataRoot === undefined) return;
  const { left, limits } = await machineLimits(dataRoot);
  const short = shortages(needed, left, limits);
  if (short.length > 0) throw new UserError(`this machine has no room for lab ${plan.lab}:\n  ${short.join("\n  ")}`);
}

async function machineLimits(dataRoot: string) {
  const inotify = inotifyInUse();
  const limits = {
    inotifyInstances: number("/proc/sys/fs/inotify/max_user_instances"),
    inotifyWatches: number("/proc/sys/fs/inotify/max_user_watches"),
    tasks: Math.min(number("/proc/sys/kernel/pid_max"), number("/proc/sys/kernel/threads-max")),
    openFiles: number("/proc/sys/fs/file-max"),
    neighbours: number("/proc/sys/net/ipv4/neigh/default/gc_thresh3"),
    namespaces: number("/proc/sys/user/max_net_namespaces"),
  };
  const tasks = Number(/ \d+\/(\d+) /.exec(textIn("/proc/loadavg"))?.[1] ?? 0);
  return {
    limits,
    left: {
      memory: memoryAvailable(),
      disk: await availableAt(dataRoot),
      inotifyInstances: limits.inotifyInstances - inotify.instances,
      inotifyWatches: limits.inotifyWatches - inotify.watches,
      tasks: limits.tasks - tasks,
      openFiles: limits.openFiles - Number(textIn("/proc/sys/fs/file-nr").split(/\s+/)[0] || 0),
      neighbours: limits.neighbours - neighboursKnown(),
      namespaces: limits.namespaces - namespaceCount(),
    },
  };
}

/** Bytes left for Docker's data, when they are on this machine and we may look. */
export async function diskAvailable(): Promise<number | undefined> {
  const dataRoot = await dataRootHere().catch(() => undefined);
  return dataRoot === undefined ? undefined : availableAt(dataRoot);
}

async function availableAt(folder: string): Promise<number | undefined> {
  const found = await statfs(folder).catch(() => undefined);
  return found && found.bavail * found.bsize;
}

/** MemAvailable (proc_meminfo(5)): what can be had without swapping. */
function memoryAvailable(): number | undefined {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(textIn("/proc/meminfo"))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/**
 * Instances and watches of root's processes: engines in hosts are root's too, whatever container they are in, and these
 * limits are per user (inotify(7)). Of processes that we may not look at nothing is counted.
 */
function inotifyInUse(): { instances: number; watches: number } {
  let instances = 0;
  let watches = 0;
  for (const pid of processes()) {
    if (stat(`/proc/${pid}`)?.uid !== 0) continue;
    for (const fd of list(`/proc/${pid}/fdinfo`)) {
      const marks = textIn(`/proc/${pid}/fdinfo/${fd}`).match(/^inotify /gm);
      if (!marks) continue;
      instances += 1;
      watches += marks.length;
    }
  }
  return { instances, watches };
}

/** Entries in use, in all namespaces (/proc/net/stat/arp_cache, first column, hexadecimal). */
function neighboursKnown(): number {
  return Number.parseInt(textIn("/proc/net/stat/arp_cache").split("\n")[1]?.split(/\s+/)[0] || "0", 16);
}

/** Different ones among those of all processes. */
function namespaceCount(): number {
  return new Set(processes().map((pid) => stat(`/proc/${pid}/ns/net`)?.ino)).size;
}

const processes = (): string[] => list("/proc").filter((name) => /^\d+$/.test(name));
/** A limit that is not known stops nothing. */
const number = (file: string): number => Number(textIn(file)) || Number.POSITIVE_INFINITY;

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function stat(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
