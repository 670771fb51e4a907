/**
 * `subnets: auto`: where the lab's segments lie, chosen for the machine it is on. The choice goes into the spec, and from
 * there into the router's record, so that nothing after this knows of it.
 *
 * Deterministic: the same lab on a machine with the same networks gets the same subnets. Stable: a lab that is there keeps
 * those it has, whatever came or went around it, for its own networks are where the choice is remembered.
 */
import { createHash } from "node:crypto";
import { Subnet } from "./address.ts";
import type { Occupied } from "./collisions.ts";
import { outerName, segmentName } from "./names.ts";
import { type Problem, SpecError } from "./problem.ts";

/** What the machine has: the networks of its Docker engine with the lab that made each, and its routes. */
export interface Surroundings {
  readonly networks: readonly { readonly name: string; readonly lab: string; readonly subnets: readonly string[] }[];
  readonly routes: readonly Occupied[];
}

/** For a first look at a config, before there is an engine to ask. */
export const NOTHING_AROUND: Surroundings = { networks: [], routes: [] };

/** A /24 for each of at most 64 hosts, and room: the same pool whether a lab has one host or all of them. */
const POOL_PREFIX = 17;

/** Private ranges (RFC 1918), and the shared one between them and the internet (RFC 6598) where those are full. */
const POOLS = ["10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/10"].map((cidr) => new Subnet(cidr));

/** Room for the internet's server and the router. */
const INTERNET_PREFIX = 27;

/** Documentation ranges (RFC 5737), then the one for benchmarks (RFC 2544): none is routed anywhere. */
const INTERNETS = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "198.18.0.0/15"].map(
  (cidr) => new Subnet(cidr),
);

/**
 * The spec with its subnets chosen, or as it was where it does not ask for that.
 * @param input the value of `podlab:lab`, not checked yet
 * @throws SpecError when it gives subnets as well, or none is free
 */
export function withSubnets(input: unknown, stack: string, { networks, routes }: Surroundings): unknown {
  if (!isRecord(input) || input.subnets !== "auto") return input;
  const given = alreadyGiven(input);
  if (given.length > 0) throw new SpecError(given);
  const { subnets: _, ...spec } = input;
  const lab = typeof spec.name === "string" ? spec.name : stack;
  const own = networks.filter((network) => network.lab === lab);
  const others = networks.filter((network) => network.lab !== lab).flatMap(({ subnets }) => subnets);
  const used = [...others, ...routes.map(({ subnet }) => subnet), ...podRanges(spec)];
  const taken = used.flatMap((cidr) => read(cidr) ?? []);
  const internetName = outerName(lab, segmentName("internet"));
  const subnetOf = (mine: (name: string) => boolean) =>
    own.filter(({ name }) => mine(name)).flatMap(({ subnets }) => subnets.flatMap((cidr) => read(cidr) ?? []))[0];
  const pool = choose(
    POOLS,
    POOL_PREFIX,
    lab,
    taken,
    subnetOf((name) => name !== internetName),
  );
  const internet = choose(
    INTERNETS,
    INTERNET_PREFIX,
    lab,
    taken,
    subnetOf((name) => name === internetName),
  );
  return {
    ...spec,
    segmentPool: pool.toString(),
    internet: { ...(isRecord(spec.internet) ? spec.internet : {}), subnet: internet.toString() },
  };
}

/** The block that the lab's own subnet lies in, else the first free one from a place of the lab's own in the ranges. */
function choose(
  ranges: readonly Subnet[],
  prefix: number,
  lab: string,
  taken: readonly Subnet[],
  own?: Subnet,
): Subnet {
  const blocks = ranges.flatMap((range) =>
    Array.from({ length: 2 ** Math.min(prefix - range.prefix, 10) }, (_, n) => range.subnet(n, prefix)),
  );
  const free = (block: Subnet) => !taken.some((other) => other.overlaps(block));
  const kept = own && blocks.find((block) => block.overlaps(own) && free(block));
  if (kept) return kept;
  // Labs begin in different places, so that two of them seldom want the same, not even in clones that can't see each other.
  const first = createHash("sha256").update(lab).digest().readUInt32BE() % blocks.length;
  const found = [...blocks.slice(first), ...blocks.slice(0, first)].find(free);
  if (found) return found;
  const where = ranges.join(", ");
  const message = `auto finds no free /${prefix} in ${where}: all of it is in use on this machine; give segmentPool and internet.subnet instead`;
  throw new SpecError([{ path: "subnets", message }]);
}

function alreadyGiven(spec: Record<string, unknown>): Problem[] {
  const internet = isRecord(spec.internet) ? spec.internet : {};
  const hosts = Array.isArray(spec.hosts) ? spec.hosts : [];
  const places = [
    ...(spec.segmentPool === undefined ? [] : ["segmentPool"]),
    ...["subnet", "address"].filter((key) => internet[key] !== undefined).map((key) => `internet.${key}`),
    ...hosts.flatMap((host, at) =>
      ["segment", "address"]
        .filter((key) => isRecord(host) && host[key] !== undefined)
        .map((key) => `hosts[${at}].${key}`),
    ),
  ];
  return places.map((path) => ({ path, message: "is chosen by subnets: auto; remove it, or remove subnets" }));
}

/** Pod subnets may lie in the same ranges. What is no subnet is told by spec.ts. */
function podRanges({ podCidr, hosts }: Record<string, unknown>): string[] {
  const given = (Array.isArray(hosts) ? hosts : []).map((host) => (isRecord(host) ? host.podSubnet : undefined));
  return [podCidr ?? "192.168.0.0/16", ...given].filter((cidr) => typeof cidr === "string");
}

function read(cidr: string): Subnet | undefined {
  try {
    return new Subnet(cidr);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
