/** What one prober is asked to do: a node's share of the expectations. */
import type { Expectation } from "../../infra/model/check.ts";
import type { Netns } from "../../infra/model/netns.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { controlsOf, gatewayOf } from "./control.ts";
import { type Patience, timeoutOf } from "./patience.ts";

/** A namespace as the prober finds it: its own, a pod's by its pause container, or one that `ip netns` made. */
export type NetnsDoor = "self" | { readonly pause: string } | { readonly name: string };

export interface Probe {
  /** Number of the expectation, or a control's name. */
  readonly id: string;
  readonly kind: string;
  readonly address: string;
  readonly port?: number;
  /** Seconds. */
  readonly timeout: number;
  /** False: a connection is enough, the server need not speak. */
  readonly ask?: boolean;
  /** `path`: how many hops to try. */
  readonly hops?: number;
  /** Waits until a control of the source has passed. */
  readonly held?: boolean;
}

export interface SourceJob {
  readonly id: string;
  readonly netns: NetnsDoor;
  readonly controls: readonly string[];
  readonly probes: readonly Probe[];
}

export interface Job {
  readonly sources: readonly SourceJob[];
  readonly facts: boolean;
  readonly ready?: { readonly path: string; readonly timeout: number };
  /** Present: the prober waits for the word to start (startingLine.ts), for so many seconds. */
  readonly gate?: number;
  /** Seconds after which the prober gives up by itself, counted from the word to start. */
  readonly limit: number;
  readonly attended: true;
}

export interface NodeJob {
  readonly node: string;
  readonly container: string;
  readonly job: Job;
  /** The expectations behind the probes and facts, by their number. */
  readonly numbers: readonly number[];
}

export interface JobOptions {
  readonly patience: Patience;
  /** The file that a node writes when its boot is finished; absent where there is no boot to wait for. */
  readonly readyFile?: string;
  readonly netnsDoor?: (netns: Netns) => NetnsDoor;
}

/**
 * Groups expectations by the node their probes start in.
 * @param wanted numbers of the expectations to be tried; the others may serve as controls
 * @throws Error when an expectation starts in a namespace that the plan doesn't have
 */
export function nodeJobs(
  plan: LabPlan,
  expectations: readonly Expectation[],
  wanted: readonly number[],
  options: JobOptions,
): NodeJob[] {
  const bySource = Map.groupBy(wanted, (number) => expectations[number]!.from);
  const sources = [...bySource].map(([from, numbers], at) => {
    const netns = plan.netns.find(({ id }) => id === from);
    if (!netns) throw new Error(`expectation ${expectations[numbers[0]!]!.id} starts in ${from}, which the plan lacks`);
    return { netns, numbers: rotated(numbers, at / bySource.size) };
  });
  return [...Map.groupBy(sources, ({ netns }) => netns.node)].map(([node, own]) => {
    const numbers = own.flatMap((source) => source.numbers);
    const jobs = own.map((source) => sourceJob(plan, expectations, source.netns, source.numbers, options));
    const { patience, readyFile } = options;
    return {
      node,
      container: plan.nodes.find(({ name }) => name === node)!.container,
      numbers,
      job: {
        sources: jobs.filter(({ probes }) => probes.length > 0),
        facts: numbers.some((number) => expectations[number]!.kind === "fact"),
        ...(readyFile ? bootOf(readyFile, patience) : {}),
        limit: limitOf(jobs),
        attended: true,
      },
    };
  });
}

/** The longest wait for the word to start: others may take as long for their boot, and be asked a little later. */
function bootOf(path: string, { ready }: Patience): Pick<Job, "ready" | "gate"> {
  return { ready: { path, timeout: ready / 1000 }, gate: (2 * ready) / 1000 };
}

/** Echoes first: what a router says of a lost one is said of its address (hearsay.ts), and routers say little. */
const ORDER: readonly string[] = ["icmp", "tcp", "tcp-closed", "udp", "udp-closed", "path", "mtu"];

/** Sources begin at different targets, lest all connect to the first one at once. */
function rotated<T>(list: readonly T[], share: number): T[] {
  const at = Math.floor(list.length * share);
  return [...list.slice(at), ...list.slice(0, at)];
}

function sourceJob(
  plan: LabPlan,
  expectations: readonly Expectation[],
  netns: Netns,
  numbers: readonly number[],
  options: JobOptions,
): SourceJob {
  const { netnsDoor = doorOf(plan) } = options;
  const patience = withTimeForErrors(expectations, numbers, options.patience);
  const probes = numbers
    .filter((number) => expectations[number]!.kind !== "fact")
    .map((number) => probeOf(String(number), expectations[number]!, patience))
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const added = probes.some(({ held }) => held)
    ? controlsOf(expectations, netns.id, numbers, gatewayOf(plan, netns))
    : [];
  const controls = added.map(({ id }) => id);
  const extra = added.filter(({ id }) => !probes.some((probe) => probe.id === id));
  return {
    id: netns.id,
    netns: netnsDoor(netns),
    controls,
    probes: [...extra.map(({ id, expectation }) => probeOf(id, expectation, patience)), ...probes],
  };
}

/** Errors that a router tells at once, and those that the usual patience has time for (hearsay.ts). */
const ERRORS_IN_TIME = 8;
const LONGEST_FOR_ERRORS = 30_000;

/** A router tells a sender of one lost packet a second: many addresses without a route take as many seconds. */
function withTimeForErrors(
  expectations: readonly Expectation[],
  numbers: readonly number[],
  patience: Patience,
): Patience {
  const lost = numbers.map((number) => expectations[number]!).filter(({ expected }) => expected.outcome === "no-route");
  const late = Math.max(0, new Set(lost.map(({ address }) => address)).size - ERRORS_IN_TIME);
  return {
    ...patience,
    noRoute: Math.max(patience.noRoute, Math.min(patience.noRoute + late * 1000, LONGEST_FOR_ERRORS)),
  };
}

function probeOf(id: string, expectation: Expectation, patience: Patience): Probe {
  const { kind, address, port, expected } = expectation;
  const speaks = expected.outcome !== "ok" || expected.identity !== undefined || expected.sourceSeen !== undefined;
  return {
    id,
    kind,
    address,
    timeout: timeoutOf(expectation, patience) / 1000,
    ...(port === undefined ? {} : { port }),
    ...(kind === "tcp" && !speaks ? { ask: false } : {}),
    ...(kind === "path" && expected.hops ? { hops: Math.max(8, expected.hops.length + 3) } : {}),
    ...(expected.outcome === "ok" ? {} : { held: true }),
  };
}

function doorOf(plan: LabPlan): (netns: Netns) => NetnsDoor {
  return ({ id, role }) => {
    if (role !== "pod") return "self";
    const pod = plan.pods.find((one) => one.id === id);
    if (!pod) throw new Error(`${id} is a pod's namespace, but the plan has no such pod`);
    return { pause: pod.pause };
  };
}

/** Seconds in which a prober that works must be done: held probes after the others, in rounds of 128, and slack. */
function limitOf(jobs: readonly SourceJob[]): number {
  const rounds = Math.ceil(Math.max(1, ...jobs.map(({ probes }) => probes.length)) / 128);
  const longest = Math.max(0, ...jobs.flatMap(({ probes }) => probes.map(({ timeout }) => timeout)));
  const probes = jobs.reduce((sum, job) => sum + job.probes.length, 0);
  return Math.ceil(2 * rounds * longest + probes / 40 + 10);
}
