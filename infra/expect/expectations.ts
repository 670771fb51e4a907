/**
 * What must be true of a lab, computed from its plan: the whole matrix of who reaches whom and is seen as whom, the paths
 * and packet sizes for a pair of each two hosts, and the article's facts about pods.
 */

import type { Listener } from "../packet/netns.ts";
import { Network } from "../packet/network.ts";
import { walks } from "../packet/walk.ts";
import type { LabPlan, PodPlan } from "../plan/plan.ts";
import { serviceTarget } from "../spec/names.ts";
import type { Expectation, Result } from "./check.ts";
import { familiesIn, familyOf, outsidePairs, type Source, sourcesOf, type Target, targetsFor } from "./endpoints.ts";
import { ModelExpectation } from "./expectation.ts";
import { podFacts } from "./facts.ts";
import { ALL_PAIRS, hostPairs } from "./hostPairs.ts";
import type { PairKind } from "./result.ts";
import { checksOf, type Pair, pairOf, sample } from "./sample.ts";
import { userExpectations } from "./userExpectations.ts";

export interface ExpectationOptions {
  /**
   * Checks at most, by all kinds; beyond it the matrix is sampled. Facts, paths, packet sizes and the user's own are few and always in.
   * By default 10,000, and 30,000 by ICMP and TCP.
   */
  readonly limit?: number;
  /** Another number draws another sample. */
  readonly turn?: number;
  /** Checks that are wanted in any case. */
  readonly wanted?: (check: Pick<Expectation, "from" | "to" | "kind" | "family">) => boolean;
}

export interface Expectations {
  readonly expectations: readonly Expectation[];
  /** What a limit left out, and why; empty when the matrix is whole. */
  readonly leftOut: readonly { readonly reason: string; readonly count: number }[];
}

/** Enough for all of 8 hosts with 4 pods by all kinds, and for twice as many by ICMP and TCP, which find nearly all that the others do. */
const LIMITS: Limits = { first: 30_000, all: 10_000 };

interface Limits {
  /** Of checks with which kinds besides `FIRST_KINDS` come in. */
  readonly all: number;
  readonly first: number;
}

/** A pair by some of the kinds that it is asked by. */
interface MatrixPair extends Pair {
  readonly source: Source;
  readonly asked: readonly Asked[];
}

/** What every pair is asked before any is asked more. */
const FIRST_KINDS: ReadonlySet<PairKind> = new Set(["icmp", "tcp"]);

interface Asked {
  readonly target: Target;
  readonly kind: PairKind;
  readonly port?: number;
}

/**
 * - pods and hosts to every other pod and host, the router and the internet: ICMP; each TCP and UDP port that is served;
 *   one TCP port that nobody serves, and one UDP port where any is served;
 * - pods and hosts to every service: each of its ports; how its endpoints share the connections of one pod and one host;
 *   the router, as somebody outside, to the hosts' own ports that lead to services;
 * - one pod of each host to one of every other host: the routers on the way, and the largest packet that arrives whole,
 *   which every pod has part in; one of each host to the internet: the routers on the way;
 * - what containers of a pod share;
 * - what the user expects (`expect:`), in place of the model's check of the same.
 *
 * All of it by IPv6 as well, where the lab has that: one left-out pair is left out in both families.
 */
export function expectations(plan: LabPlan, options: ExpectationOptions = {}): Expectations {
  const { limit } = options;
  const limits = limit === undefined ? LIMITS : { first: limit, all: limit };
  const network = new Network(plan.netns);
  const targets = targetsIn(plan);
  const meets = limit === Number.POSITIVE_INFINITY ? () => true : hostPairs(plan, options.turn);
  const few = [
    ...sizesAndRouters(plan, network, targets, meets),
    ...podFacts(plan, network),
    ...spreads(plan, network),
  ];
  const { pairs, apart } = matrixPairs(plan, targets, meets, options);
  const { chosen, leftOut, limit: reached } = matrixSample(pairs, few.length, limits, options);
  const matrix = chosen.flatMap(({ source, asked }) =>
    asked.map(({ target, kind, port }) => new ModelExpectation(network, kind, source, target, port)),
  );
  const { expectations: users } = userExpectations(plan, plan.expect ?? []);
  const own = new Set(users.map(({ id }) => id));
  const computed = [...matrix, ...few].filter(({ id }) => !own.has(id));
  return {
    expectations: [...computed, ...users],
    leftOut: [
      ...(apart === 0 ? [] : [{ reason: APART, count: apart }]),
      ...(leftOut.length === 0 ? [] : [{ reason: reasonOf(leftOut, reached), count: checksOf(leftOut) }]),
    ],
  };
}

/** What is wanted in any case; ICMP and TCP of all pairs, or a sample of these; then the other kinds, of which a cover has its place. */
function matrixSample(
  all: readonly MatrixPair[],
  besides: number,
  limits: Limits,
  { turn, wanted }: ExpectationOptions,
) {
  const isWanted = ({ from, asked }: MatrixPair) =>
    wanted !== undefined &&
    asked.some(({ target: { name, address }, kind }) => wanted({ from, to: name, kind, ...familyOf(address) }));
  const always = new Set(all.filter(isWanted));
  const others = all.filter((pair) => !always.has(pair));
  const [first, rest] = [true, false].map((isFirst) =>
    others.filter(({ asked }) => FIRST_KINDS.has(asked[0]!.kind) === isFirst),
  ) as [MatrixPair[], MatrixPair[]];
  const taken = besides + checksOf([...always]);
  const firstOnes = sample(first, limits.first - taken - checksOf(sample(rest, 0, turn).chosen), turn);
  const more = sample(rest, limits.all - taken - checksOf(firstOnes.chosen), turn);
  const leftOut = new Set([...firstOnes.leftOut, ...more.leftOut]);
  return {
    chosen: all.filter((pair) => !leftOut.has(pair)),
    leftOut: [...leftOut],
    limit: firstOnes.leftOut.length > 0 ? limits.first : limits.all,
  };
}

function reasonOf(leftOut: readonly MatrixPair[], limit: number): string {
  const kinds = [...new Set(leftOut.flatMap(({ asked }) => asked.map(({ kind }) => kind)))].join(", ");
  const pairs = new Set(leftOut.map(pairOf)).size.toLocaleString("en");
  const most = limit.toLocaleString("en");
  return `beyond the limit of ${most} checks (${kinds} of ${pairs} pairs, others in each run; --all leaves nothing out)`;
}

const APART = `of hosts that are not tried with each other: in a lab of more than ${ALL_PAIRS} each asks some, others in each run (--all leaves nothing out)`;

type Meets = ReturnType<typeof hostPairs>;
type Targets = (source: Source) => readonly Target[];

/** By all families of the lab. */
function targetsIn(plan: LabPlan): Targets {
  const families = familiesIn(plan).map((family) => targetsFor(plan, family));
  return (source) => families.flatMap((targets) => targets(source));
}

/** @returns the pairs, and how many checks there would be of hosts that don't meet */
function matrixPairs(plan: LabPlan, targets: Targets, meets: Meets, { wanted }: ExpectationOptions) {
  // Most targets are asked the same by all.
  const known = new Map<Target, readonly Asked[]>();
  const askedOf = (target: Target) => {
    const asked = known.get(target) ?? questionsTo(target).map((one) => ({ target, ...one }));
    known.set(target, asked);
    return asked;
  };
  let apart = 0;
  const isAsked = (source: Source, target: Target): boolean => {
    if (meets(source.host, target.host)) return true;
    const asked = askedOf(target);
    const end = { from: source.netns, to: target.name, ...familyOf(target.address) };
    if (wanted && asked.some(({ kind }) => wanted({ ...end, kind }))) return true;
    apart += asked.length;
    return false;
  };
  const inside = sourcesOf(plan).flatMap((source) => {
    const own = targets(source).filter((target) => isAsked(source, target));
    return [...Map.groupBy(own, ({ name }) => name).values()].map((addresses) => ({ source, addresses }));
  });
  const outside = outsidePairs(plan).map(({ source, target }) => ({ source, addresses: [target] }));
  const pairs = [...inside, ...outside].flatMap(({ source, addresses }): MatrixPair[] => {
    const { name, host } = addresses[0]!;
    const ends = { from: source.netns, to: name, fromHost: source.host, toHost: host };
    const parts = Map.groupBy(addresses.flatMap(askedOf), ({ kind }) => FIRST_KINDS.has(kind));
    return [...parts.values()].map((asked) => ({ ...ends, checks: asked.length, source, asked }));
  });
  return { pairs, apart };
}

type Question = Omit<Asked, "target">;

function questionsTo({ listeners, virtual }: Target): Question[] {
  const tcp = portsOf(listeners, "tcp");
  const udp = portsOf(listeners, "udp");
  const served = (kind: "tcp" | "udp", ports: readonly number[]) => ports.map((port): Question => ({ kind, port }));
  if (virtual) {
    // What is for no port of a service goes where no route leads. Routers ration what they say of that: one speaks for all.
    const echo: Question[] = virtual.first ? [{ kind: "icmp" }] : [];
    return [...echo, ...served("tcp", tcp), ...served("udp", udp)];
  }
  return [
    { kind: "icmp" },
    ...served("tcp", tcp),
    { kind: "tcp-closed", port: closedPort(tcp) },
    ...served("udp", udp),
    // Kernels send few ICMP errors a second, so closed UDP ports are asked only where UDP matters.
    ...(udp.length > 0 ? [{ kind: "udp-closed", port: closedPort(udp) } as const] : []),
  ];
}

function portsOf(listeners: readonly Listener[], protocol: Listener["protocol"]): number[] {
  return listeners.filter((one) => one.protocol === protocol).map(({ port }) => port);
}

/** tcpmux's port (RFC 1078), or the next one: privileged, and served by nothing of today. */
function closedPort(open: readonly number[]): number {
  let port = 1;
  while (open.includes(port)) port += 1;
  return port;
}

/** For each port of a service one pod and one host speak; which ones comes round. */
function spreads(plan: LabPlan, network: Network): Expectation[] {
  const sources = sourcesOf(plan);
  const [pods, hosts] = [true, false].map((isPod) => sources.filter(({ netns, host }) => isPod === (netns !== host)));
  const ports = plan.services.flatMap(({ ports, ...service }) => ports.map((one) => ({ ...one, service })));
  const spreading = ports.filter(({ protocol, endpoints }) => protocol === "tcp" && endpoints.length > 1);
  return spreading.flatMap(({ service: { name, address }, port }, at) => {
    const asking = [pods!, hosts!].flatMap((some) => some[at % some.length] ?? []);
    return asking.flatMap(({ netns }): Expectation[] => {
      const spread = spreadOf(network, netns, address, port);
      if (spread === undefined) return [];
      const to = serviceTarget(name);
      const id = `spread ${netns} -> ${to}:${port}`;
      return [
        { id, kind: "spread", from: netns, to, address, port, expected: { outcome: "ok", spread }, origin: "model" },
      ];
    });
  });
}

/** Undefined where connections end otherwise than by an answer or a refusal: to wait for hundreds of silences takes too long. */
function spreadOf(network: Network, from: string, to: string, port: number): Result["spread"] {
  const ends = walks(network, { from, to, protocol: "tcp", port });
  const names = ends.map(({ outcome, identity }) => (outcome === "ok" ? identity : outcome));
  if (ends.some(({ outcome }) => outcome !== "ok" && outcome !== "refused")) return undefined;
  const shares: Record<string, number> = {};
  for (const name of names) {
    if (name === undefined) return undefined;
    shares[name] = (shares[name] ?? 0) + 1 / names.length;
  }
  return shares;
}

/** Paths between hosts, paths to the internet, and sizes for every pod. */
function sizesAndRouters(plan: LabPlan, network: Network, targets: Targets, meets: Meets): Expectation[] {
  const between = betweenHosts(plan, meets);
  const ask = (kind: PairKind, from: PodPlan, to: string): Expectation[] => {
    const source: Source = { netns: from.id, host: from.host };
    return targets(source)
      .filter(({ name }) => name === to)
      .map((target) => new ModelExpectation(network, kind, source, target));
  };
  const speakers = [...new Map(between.map(([from]) => [from.host, from])).values()];
  const sized = new Set(between.flat());
  const rest = plan.pods.filter((pod) => !sized.has(pod));
  return [
    ...between.flatMap(([from, to]) => [...ask("path", from, to.id), ...ask("mtu", from, to.id)]),
    ...(speakers.length > 0 ? speakers : plan.pods.slice(0, 1)).flatMap((from) => ask("path", from, "internet")),
    // A packet and its echo are of one size: as source or as target, a pod has both directions tried.
    ...rest.flatMap((pod) => ask("mtu", pod, plan.pods[(plan.pods.indexOf(pod) + 1) % plan.pods.length]!.id)),
  ];
}

/** One pod speaks for its host; which one comes round, so that different pods are asked by different hosts. */
function betweenHosts(plan: LabPlan, meets: Meets): [PodPlan, PodPlan][] {
  const pods = [...Map.groupBy(plan.pods, ({ host }) => host).values()];
  return pods.flatMap((own, at) =>
    pods
      .filter((other) => other !== own && meets(own[0]!.host, other[0]!.host))
      .map((other): [PodPlan, PodPlan] => [own[at % own.length]!, other[at % other.length]!]),
  );
}
