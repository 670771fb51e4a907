/**
 * What the user expects of the lab (`expect:` in the stack's config), as expectations to probe; and where it contradicts
 * what the model says the lab will do, which is told before anything is probed.
 */
import { isIP } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { describeLoss } from "../packet/describe.ts";
import { Network } from "../packet/network.ts";
import { walks } from "../packet/walk.ts";
import type { LabPlan } from "../plan/plan.ts";
import { bare, canonical, isIPv6 } from "../spec/address.ts";
import { serviceTarget } from "../spec/names.ts";
import { type Problem, problemAt, SpecError } from "../spec/problem.ts";
import type { ExpectSpec } from "../spec/spec.ts";
import { type Expectation, type Result, resultsExpected } from "./check.ts";
import { type Source, sourcesOf, type Target, targetNamed } from "./endpoints.ts";
import { ModelExpectation } from "./expectation.ts";
import { type PairKind, probeOf } from "./result.ts";

/** An entry that the lab as configured will not meet. */
export interface Contradiction {
  /** `expect[2]` */
  readonly path: string;
  readonly id: string;
  /** What the entry says and what the model says, and why. */
  readonly message: string;
}

export interface UserExpectations {
  readonly expectations: readonly Expectation[];
  readonly contradictions: readonly Contradiction[];
  /** Entries that name what the lab does not have, or ask what can't be seen. */
  readonly problems: readonly Problem[];
}

/** @throws SpecError when an entry names what the lab does not have, or asks what can't be seen */
export function refuseImpossible(plan: LabPlan): void {
  const { problems } = userExpectations(plan, plan.expect ?? []);
  if (problems.length > 0) throw new SpecError(problems);
}

/** Turns the entries of `expect:` into expectations; every problem and contradiction is reported, not only the first. */
export function userExpectations(plan: LabPlan, entries: readonly ExpectSpec[]): UserExpectations {
  const network = new Network(plan.netns);
  const checks = new Map<string, Expectation>();
  const contradictions: Contradiction[] = [];
  const problems: Problem[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = `expect[${index}]`;
    const found = entryProblems(plan, entry, path);
    problems.push(...found);
    if (found.length > 0) continue;
    for (const source of sourcesNamed(plan, entry.from)) {
      const target = targetOf(plan, source, entry);
      if (target === undefined || target.name === source.netns) continue;
      for (const { wanted, given, model } of wantedOf(plan, network, entry, source, target)) {
        const earlier = checks.get(wanted.id);
        if (earlier !== undefined && !isDeepStrictEqual(resultsExpected(earlier), resultsExpected(wanted))) {
          const message = `says another thing of ${wanted.id} than an entry before it; keep one of them`;
          problems.push({ path, message });
          continue;
        }
        checks.set(wanted.id, wanted);
        const message = contradiction(network, wanted, given, model);
        if (message !== undefined) contradictions.push({ path, id: wanted.id, message });
      }
    }
  }
  return { expectations: [...checks.values()], contradictions, problems };
}

interface Wanted {
  readonly wanted: Expectation;
  /** What the user wrote of it. */
  readonly given: Result;
  /** One for each end that chance may give it. */
  readonly model: readonly Result[];
}

function wantedOf(plan: LabPlan, network: Network, entry: ExpectSpec, source: Source, target: Target): Wanted[] {
  const { outcome, sourceSeen, ttl, via, port } = entry;
  const kind = kindOf(entry);
  const asked = new ModelExpectation(network, kind, source, target, port);
  const given: Result = {
    outcome,
    ...(sourceSeen === undefined ? {} : { sourceSeen: canonical(sourceSeen) }),
    ...(ttl === undefined ? {} : { ttl }),
  };
  if (via === undefined) return [completed(asked, given)];
  const way = new ModelExpectation(network, "path", source, target);
  const hops = via.map((hop, at) => hopAddress(plan, hop, way.expected.hops?.[at], target));
  return [completed(asked, given), completed(way, { outcome: way.expected.outcome, hops })];
}

/** What the user left out comes from the model, as far as it has such an end. */
function completed(asked: Expectation, given: Result): Wanted {
  const model = resultsExpected(asked);
  const alike = model.filter(({ outcome }) => outcome === given.outcome).map((one) => ({ ...one, ...given }));
  const [expected = given, ...others] = alike;
  const or = others.filter((one) => !isDeepStrictEqual(one, expected));
  const { or: _, ...rest } = asked;
  return { wanted: { ...rest, expected, ...(or.length > 0 ? { or } : {}), origin: "config" }, given, model };
}

/** `icmp` unless given, and `tcp` with a port. */
const protocolOf = ({ protocol, port }: ExpectSpec) => protocol ?? (port === undefined ? "icmp" : "tcp");

/** `tcp` to a port nobody serves is the kind that expects a refusal. */
function kindOf(entry: ExpectSpec): PairKind {
  const protocol = protocolOf(entry);
  return protocol !== "icmp" && entry.outcome === "refused" ? `${protocol}-closed` : protocol;
}

/** A node stands for whichever of its addresses answers; the model's, when that is one of the node's. */
function hopAddress(plan: LabPlan, hop: string, modelled: string | undefined, target: Target): string {
  const node = plan.netns.find(({ id }) => id === hop);
  if (node === undefined) return isIP(hop) > 0 ? canonical(hop) : hop;
  const addresses = node.interfaces
    .flatMap((one) => one.addresses.map(bare))
    .filter((address) => isIPv6(address) === isIPv6(target.address));
  return addresses.find((address) => address === modelled) ?? addresses[0] ?? hop;
}

/** What must hold always may not hold only when chance will have it so. */
function contradiction(
  network: Network,
  wanted: Expectation,
  given: Result,
  sights: readonly Result[],
): string | undefined {
  const differs = (field: Field, model: Result) =>
    given[field] !== undefined && String(given[field]) !== String(model[field]);
  const field = FIELDS.find((one) => sights.some((model) => differs(one, model)));
  if (field === undefined) return undefined;
  const contrary = sights.filter((model) => differs(field, model));
  const model = contrary[0]!;
  const often = contrary.length < sights.length ? " some of the time" : "";
  const said = (value: Result[typeof field]) =>
    value === undefined ? "none" : Array.isArray(value) ? value.join(", ") || "no router" : value;
  const because = field === "outcome" ? reasonFor(network, wanted) : "";
  return `expects ${field} ${said(given[field])} of ${wanted.id}, but the lab as configured gives ${said(model[field])}${often}${because}`;
}

const FIELDS = ["outcome", "sourceSeen", "ttl", "hops"] as const;
type Field = (typeof FIELDS)[number];

function reasonFor(network: Network, asked: Expectation): string {
  const ends = walks(network, probeOf(asked));
  const loss = ends.map(describeLoss).find((text) => text !== "");
  return loss === undefined ? "" : ` (${loss})`;
}

function entryProblems(plan: LabPlan, entry: ExpectSpec, path: string): Problem[] {
  const { port, sourceSeen } = entry;
  const protocol = protocolOf(entry);
  const echoes = protocol === "icmp";
  return [
    ...endProblems(plan, entry, path),
    ...(echoes && port !== undefined
      ? problemAt(`${path}.port`, "has no meaning for icmp; leave it out, or set protocol to tcp or udp")
      : []),
    ...(!echoes && port === undefined ? problemAt(`${path}.port`, `is missing; ${protocol} needs one`) : []),
    ...(echoes && sourceSeen !== undefined
      ? problemAt(`${path}.sourceSeen`, "can't be seen by icmp, whose answer tells nothing of it; give a tcp port")
      : []),
  ];
}

function endProblems(plan: LabPlan, entry: ExpectSpec, path: string): Problem[] {
  const { from, to, family } = entry;
  const names = sourcesOf(plan).map(({ netns }) => netns);
  const [source] = sourcesNamed(plan, from);
  const about = (field: "from" | "to" | "family", message: string) => problemAt(`${path}.${field}`, message);
  if (!source) return about("from", `${from} is nothing a probe can start in; use ${listed(names)}, host/* or *`);
  if (isIP(to) > 0 && family !== undefined && isIP(to) !== family) {
    return about("family", `is ${family}, but ${to} is an IPv${isIP(to)} address; leave it out`);
  }
  if (NOBODYS.test(to)) return about("to", `${to} is nobody's address; use that of a pod or a node`);
  if (ON_ONE_LINK.test(to)) {
    return about("to", `${to} means another one on each interface, and an entry can't name that; use a global address`);
  }
  if (targetOf(plan, source, entry) !== undefined) return [];
  const known = [...names, "router", "internet", ...plan.services.map(({ name }) => serviceTarget(name))];
  return about("to", `${to} is neither an address nor in this lab; use ${listed(known)}`);
}

/** "This host on this network" (RFC 1122, 3.2.1.3; RFC 4291, 2.5.2). */
const NOBODYS = /^0\.|^[0:]+$/;
/** Link-local and multicast addresses of IPv6 (RFC 4291, 2.5.6 and 2.7). */
const ON_ONE_LINK = /^(fe[89ab]|ff).*:/i;

function sourcesNamed(plan: LabPlan, from: string): Source[] {
  const pods = new Set(plan.pods.map(({ id }) => id));
  return sourcesOf(plan).filter(({ netns, host }) => {
    if (from === "*") return pods.has(netns);
    if (from === `${host}/*`) return pods.has(netns);
    return netns === from;
  });
}

function targetOf(plan: LabPlan, source: Source, { to, family }: ExpectSpec): Target | undefined {
  const known = targetNamed(plan, source, to, family);
  if (known !== undefined) return known;
  return isIP(to) > 0 ? { name: to, address: canonical(to), listeners: [] } : undefined;
}

function listed(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(", ")} …` : names.join(", ");
}
