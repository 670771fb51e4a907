/**
 * What a lab of a size takes of the machine, and which of the machine's limits it would run into. Figures were measured on
 * two hosts of a real lab, one without pods and one with 24 containers; a limit that would be reached is told before anything is made.
 */
import type { LabPlan } from "./plan.ts";

/** What the lab takes that is not there yet. */
export interface Needs {
  readonly memory: number;
  readonly disk: number;
  readonly inotifyInstances: number;
  readonly inotifyWatches: number;
  readonly tasks: number;
  readonly openFiles: number;
  readonly neighbours: number;
  readonly namespaces: number;
}

/** What the machine has left of it; undefined where that can't be known (another kernel, no right to look). */
export type Left = { readonly [what in keyof Needs]: number | undefined };

const MB = 1024 * 1024;

/** Pulumi's engine, its plugins and the program, while a lab is built. */
const BUILDING = { memory: 500 * MB, tasks: 100, openFiles: 500 };
const PER_NODE = { memory: 3 * MB, tasks: 6, openFiles: 40 };
/** A Docker engine with its containerd. None used inotify when measured; other versions of containerd and dockerd watch a file or two. */
const PER_HOST = { memory: 45 * MB, disk: 12 * MB, tasks: 25, openFiles: 60, inotifyInstances: 2, inotifyWatches: 4 };
const PER_CONTAINER = { memory: 6 * MB, disk: 11 * MB, tasks: 14, openFiles: 40 };

/**
 * Pure.
 * @param made names of the plan's nodes that are there already
 */
export function needs(plan: LabPlan, made: ReadonlySet<string>): Needs {
  const nodes = plan.nodes.filter(({ container }) => !made.has(container));
  const hosts = nodes.filter(({ role }) => role === "host");
  const pods = plan.pods.filter(({ host }) => hosts.some(({ name }) => name === host));
  const containers = pods.reduce((sum, pod) => sum + 1 + pod.containers.length, 0);
  const building = nodes.length > 0 ? BUILDING : { memory: 0, tasks: 0, openFiles: 0 };
  const sum = (what: "memory" | "tasks" | "openFiles") =>
    building[what] + nodes.length * PER_NODE[what] + hosts.length * PER_HOST[what] + containers * PER_CONTAINER[what];
  return {
    memory: sum("memory"),
    tasks: sum("tasks"),
    openFiles: sum("openFiles"),
    disk: hosts.length * PER_HOST.disk + containers * PER_CONTAINER.disk,
    inotifyInstances: hosts.length * PER_HOST.inotifyInstances,
    inotifyWatches: hosts.length * PER_HOST.inotifyWatches,
    neighbours: hosts.reduce(
      (total, { name }) => total + neighbours(pods.filter(({ host }) => host === name).length),
      0,
    ),
    namespaces: nodes.length + pods.length,
  };
}

/**
 * Entries in the kernel's one neighbour table for a host with so many pods, once everybody has talked to everybody: each
 * pod knows its bridge and its siblings, the host its pods and the router, and the router the host (arp(7); the table and
 * its gc_thresh3 are shared by all network namespaces).
 */
const neighbours = (pods: number): number => pods * pods + pods + 2;

interface Limit {
  readonly what: keyof Needs;
  readonly name: string;
  readonly show: (amount: number) => string;
  readonly raise: (needed: number) => string;
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / MB).toLocaleString("en-US")} MB`;
const count = (amount: number): string => Math.ceil(amount).toLocaleString("en-US");
const sysctl = (name: string) => (missing: number) => `sudo sysctl -w ${name}=${roundUp(missing)}`;

const LIMITS: readonly Limit[] = [
  {
    what: "memory",
    name: "memory",
    show: megabytes,
    raise: () => "free some, or choose fewer hosts (hosts, podsPerHost)",
  },
  {
    what: "disk",
    name: "disk space for Docker",
    show: megabytes,
    raise: () => "free some (docker system df shows what takes it), or choose fewer hosts",
  },
  { what: "inotifyInstances", name: "inotify instances", show: count, raise: sysctl("fs.inotify.max_user_instances") },
  { what: "inotifyWatches", name: "inotify watches", show: count, raise: sysctl("fs.inotify.max_user_watches") },
  { what: "tasks", name: "processes and threads", show: count, raise: sysctl("kernel.pid_max") },
  { what: "openFiles", name: "open files", show: count, raise: sysctl("fs.file-max") },
  {
    what: "neighbours",
    name: "neighbour table entries",
    show: count,
    raise: sysctl("net.ipv4.neigh.default.gc_thresh3"),
  },
  { what: "namespaces", name: "network namespaces", show: count, raise: sysctl("user.max_net_namespaces") },
];

/** Pure. What would run out, each with how to raise it. @param limits the limits themselves, to raise them from */
export function shortages(needed: Needs, left: Left, limits: Partial<Record<keyof Needs, number>> = {}): string[] {
  return LIMITS.flatMap(({ what, name, show, raise }) => {
    const has = left[what];
    if (has === undefined || needed[what] <= has) return [];
    const enough = (limits[what] ?? 0) + needed[what] - has;
    return [
      `${name}: this lab takes about ${show(needed[what])}, and ${show(Math.max(0, has))} are left; ${raise(enough)}`,
    ];
  });
}

/** To a number that one would set by hand: the next power of two. */
const roundUp = (amount: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, amount)));
