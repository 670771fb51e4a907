/** What one prober is asked to do: a node's share of the expectations. */
import { type Expectation, resultsExpected } from "../../infra/expect/check.ts";
import type { OnMachine } from "../../infra/machine/machines.ts";
import type { Netns } from "../../infra/packet/netns.ts";
import { Network } from "../../infra/packet/network.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { controlsOf, gatewayOf, sourceOf } from "./control.ts";
import { isRateLimited, withTimeForErrors } from "./icmpRateLimit.ts";
import { type Patience, timeoutOf } from "./patience.ts";
import { SPREAD_SAMPLES } from "./verdict.ts";

/** A namespace as the prober finds it: its own, a pod's by its pause container, or one that `ip netns` made. */
export type NetnsLocator = "self" | { readonly pause: string } | { readonly name: string };

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
  /** `spread`: how many connections to make. */
  readonly count?: number;
  /** `path`: how many hops to try. */
  readonly hops?: number;
  /** Waits until a control of the source has passed. */
  readonly held?: boolean;
  /** Comes after all of the source that is not late, and after the late ones before it. */
  readonly late?: boolean;
}

export interface SourceJob {
  readonly id: string;
  readonly netns: NetnsLocator;
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
  readonly untilEof: true;
}

export interface NodeJob extends OnMachine {
  readonly node: string;
  readonly container: string;
  readonly job: Job;
  /** The expectations behind the probes and facts, by their number. */
  readonly numbers: readonly number[];
}

export interface JobOptions {
  readonly patience: Patience;
  /** The file that a node writes when its boot is finished; null where there is no boot to wait for. */
  readonly readyFile?: string | null;
  readonly netnsLocator?: ((netns: Netns) => NetnsLocator) | undefined;
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
  const network = new Network(plan.netns);
  const all = wanted.map((number) => expectations[number]!);
  const limited = new Set(all.filter((one) => isRateLimited(network, one)));
  const timed = { ...options, limited, patience: withTimeForErrors(all, [...limited], options.patience) };
  // Of each family its own: that IPv4 gets through is no control of IPv6.
  const bySource = Map.groupBy(wanted, (number) => sourceOf(expectations[number]!));
  const sources = [...bySource.values()].map((numbers, at) => {
    const { from } = expectations[numbers[0]!]!;
    const netns = plan.netns.find(({ id }) => id === from);
    if (!netns) throw new Error(`expectation ${expectations[numbers[0]!]!.id} starts in ${from}, which the plan lacks`);
    return { netns, numbers: rotated(numbers, at / bySource.size) };
  });
  return [...Map.groupBy(sources, ({ netns }) => netns.node)].map(([node, own]) => {
    const numbers = own.flatMap((source) => source.numbers);
    const jobs = own.map((source) => sourceJob(plan, expectations, source.netns, source.numbers, timed));
    const { patience, readyFile } = options;
    const { container, machine } = plan.nodes.find(({ name }) => name === node)!;
    return {
      node,
      container,
      machine,
      numbers,
      job: {
        sources: jobs.filter(({ probes }) => probes.length > 0),
        facts: numbers.some((number) => expectations[number]!.kind === "fact"),
        ...(readyFile ? bootOf(readyFile, patience) : {}),
        limit: limitOf(jobs),
        untilEof: true,
      },
    };
  });
}

/** The longest wait for the word to start: others may take as long for their boot, and be asked a little later. */
function bootOf(path: string, { ready }: Patience): Pick<Job, "ready" | "gate"> {
  return { ready: { path, timeout: ready / 1000 }, gate: (2 * ready) / 1000 };
}

const ORDER: readonly string[] = ["icmp", "tcp", "tcp-closed", "udp", "udp-closed", "path", "mtu", "spread"];

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
  options: JobOptions & { readonly limited: ReadonlySet<Expectation> },
): SourceJob {
  const { netnsLocator = locatorOf(plan), patience, limited } = options;
  const { family } = expectations[numbers[0]!]!;
  const ordered = numbers
    .map((number) => ({ number, expectation: expectations[number]!, rank: ORDER.indexOf(expectations[number]!.kind) }))
    .filter(({ expectation: { kind } }) => kind !== "fact")
    .sort((a, b) => a.rank - b.rank);
  const probes = ordered.map(({ number, expectation }) => {
    const probe = probeOf(String(number), expectation, patience);
    return limited.has(expectation) ? { ...probe, late: true } : probe;
  });
  const added = probes.some(({ held }) => held)
    ? controlsOf(expectations, numbers, gatewayOf(plan, netns, family))
    : [];
  const controls = added.map(({ id }) => id);
  const extra = added.filter(({ id }) => !probes.some((probe) => probe.id === id));
  return {
    id: netns.id,
    netns: netnsLocator(netns),
    controls,
    probes: [...extra.map(({ id, expectation }) => probeOf(id, expectation, patience)), ...probes],
  };
}

function probeOf(id: string, expectation: Expectation, patience: Patience): Probe {
  const { kind, address, port, expected } = expectation;
  const results = resultsExpected(expectation);
  const speaks = results.some(
    ({ outcome, identity, sourceSeen }) => outcome !== "ok" || identity !== undefined || sourceSeen !== undefined,
  );
  const probe: { -readonly [Field in keyof Probe]: Probe[Field] } = {
    id,
    kind,
    address,
    timeout: timeoutOf(expectation, patience) / 1000,
  };
  if (port !== undefined) probe.port = port;
  if (kind === "tcp" && !speaks) probe.ask = false;
  if (kind === "path" && expected.hops && expected.outcome !== "timeout") {
    probe.hops = Math.max(8, expected.hops.length + 3);
  }
  if (kind === "spread") probe.count = SPREAD_SAMPLES;
  if (results.some(({ outcome }) => outcome !== "ok")) probe.held = true;
  return probe;
}

/** How a namespace is entered from its node, by the plan. */
export function locatorOf(plan: LabPlan): (netns: Netns) => NetnsLocator {
  return ({ id, role }) => {
    if (role !== "pod") return "self";
    const pod = plan.pods.find((one) => one.id === id);
    if (!pod) throw new Error(`${id} is a pod's namespace, but the plan has no such pod`);
    return { pause: pod.pause };
  };
}

/** Seconds in which a prober that works must be done: free and held probes in rounds of 128, late ones in a row, and slack. */
function limitOf(jobs: readonly SourceJob[]): number {
  const rounds = Math.ceil(Math.max(1, ...jobs.map(({ probes }) => probes.length)) / 128);
  const longest = Math.max(0, ...jobs.flatMap(({ probes }) => probes.map(({ timeout }) => timeout)));
  const probes = jobs.reduce((sum, job) => sum + job.probes.length, 0);
  const late = jobs.map((job) => job.probes.reduce((sum, one) => sum + (one.late ? one.timeout : 0), 0));
  return Math.ceil(2 * rounds * longest + Math.max(0, ...late) + probes / 40 + 10);
}
