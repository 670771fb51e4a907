/**
 * Chooses the subnets that a spec leaves out: those that the machine uses already, and those that the spec names, are left to them.
 * The choice goes into the spec, and from there into the router's record, so that nothing after this knows of it.
 *
 * Deterministic: the same lab on a machine with the same networks gets the same subnets, and the documented ones where they are free.
 * Stable: a lab that is there keeps those it has, for its own networks are where the choice is remembered.
 */
import { createHash } from "node:crypto";
import { Subnet } from "./address.ts";
import type { Occupied } from "./collisions.ts";
import { outerName, segmentName } from "./names.ts";
import { NETWORKS } from "./networks.ts";
import { freeSubnet } from "./overlap.ts";
import { SpecError } from "./problem.ts";
import { DEFAULTS, hostsOf, resolve } from "./resolve.ts";
import type { ResolvedHost, ResolvedLab } from "./resolvedLab.ts";
import type { LabSpec } from "./spec.ts";

/** What the machine has: the networks of its Docker engine with the lab that made each, and its routes. */
export interface Surroundings {
  readonly networks: readonly { readonly name: string; readonly lab: string; readonly subnets: readonly string[] }[];
  readonly routes: readonly Occupied[];
}

/** For a first look at a config, before there is an engine to ask. */
export const NOTHING_AROUND: Surroundings = { networks: [], routes: [] };

interface Choices {
  /** Taken where it is free. */
  readonly first: string;
  /** Where else to look, in blocks of this length. */
  readonly ranges: readonly Subnet[];
  readonly prefix: number;
}

const subnets = (...cidrs: string[]): Subnet[] => cidrs.map((cidr) => new Subnet(cidr));

/** Room for a /24 each of 128 hosts; larger labs name their own. Private ranges, where pods are not masqueraded (RFC 1918). */
const POD_CIDRS: Choices = { first: DEFAULTS.podCidr, ranges: subnets("172.16.0.0/12", "10.0.0.0/8"), prefix: 17 };
const SERVICE_CIDRS: Choices = { ...POD_CIDRS, first: DEFAULTS.serviceCidr };
/** As for pods; and the shared range between private ones and the internet (RFC 6598) where those are full. */
const SEGMENT_POOLS: Choices = {
  first: DEFAULTS.segmentPool,
  ranges: subnets("10.0.0.0/8", "172.16.0.0/12", "100.64.0.0/10"),
  prefix: 17,
};
/** Documentation ranges (RFC 5737), then the one for benchmarks (RFC 2544): none is routed anywhere. Room for server and router. */
const INTERNETS: Choices = {
  first: DEFAULTS.internet,
  ranges: subnets("198.51.100.0/24", "192.0.2.0/24", "198.18.0.0/15"),
  prefix: 27,
};

/**
 * Returns the spec with its subnets chosen.
 * @throws SpecError where none is free
 */
export function withSubnets(spec: LabSpec, stack: string, { networks, routes }: Surroundings): LabSpec {
  const lab = spec.name ?? stack;
  const hosts = hostsOf(spec);
  const of = (key: "segment" | "podSubnet") => read(hosts.map((host) => host[key]));
  const own = new Map(networks.filter((one) => one.lab === lab).map(({ name, subnets: its }) => [name, read(its)[0]]));
  const ownOf = (node: string) => own.get(outerName(lab, segmentName(node)));
  const others = networks.filter((one) => one.lab !== lab).flatMap((network) => network.subnets);
  const machine = read([...others, ...routes.map(({ subnet }) => subnet)]);

  // Of the hosts' inside the machine sees nothing: it only has to be apart from the lab's own.
  const segments = [...of("segment"), ...read([spec.segmentPool, spec.internet?.subnet])];
  const podCidr = spec.podCidr ?? choose("podCidr", POD_CIDRS, lab, [...segments, ...read([spec.serviceCidr])]);
  const pods = [...read([podCidr, NETWORKS[spec.network ?? "routed"].podSubnet]), ...of("podSubnet")];
  const serviceCidr = spec.serviceCidr ?? choose("serviceCidr", SERVICE_CIDRS, lab, [...segments, ...pods]);
  const inside = [...pods, ...read([serviceCidr])];

  const taken = [...machine, ...inside];
  const kept = (subnet: Subnet | undefined) => (subnet && !meets(subnet, inside) ? subnet : undefined);
  // Hosts that give all segments leave the pool unused; an address tells its subnet.
  const unplaced = hosts.filter(({ segment }) => !segment);
  const isTold = unplaced.length === 0 || unplaced.some(({ address }) => address);
  const ownSegment = kept(unplaced.map(({ name }) => ownOf(name)).find(Boolean));
  const segmentPool =
    spec.segmentPool ??
    (isTold
      ? DEFAULTS.segmentPool
      : choose("segmentPool", SEGMENT_POOLS, lab, [...taken, ...read([spec.internet?.subnet])], ownSegment));
  const notInternet = [...taken, ...of("segment"), new Subnet(segmentPool)];
  const internet =
    spec.internet?.subnet ??
    (spec.internet?.address
      ? DEFAULTS.internet
      : choose("internet.subnet", INTERNETS, lab, notInternet, kept(ownOf("internet"))));
  const chosen = { ...spec, podCidr, serviceCidr, segmentPool, internet: { ...spec.internet, subnet: internet } };
  return aroundOthers(chosen, resolve(chosen, lab), machine, ({ name }) => kept(ownOf(name)));
}

/** Returns the spec with the segments of all hosts, where those of the pool are not what the lab has or may have. */
function aroundOthers(
  spec: LabSpec,
  { hosts, segmentPool: pool, internet, serviceCidr }: ResolvedLab,
  machine: readonly Subnet[],
  ownOf: (host: ResolvedHost) => Subnet | undefined,
): LabSpec {
  const given = hostsOf(spec);
  const wanted = hosts.map((host, at) => {
    if (given[at]!.segment) return host.segment;
    const own = ownOf(host);
    if (own && own.prefix === host.segment.prefix && pool.contains(own)) return own;
    return meets(host.segment, machine) ? undefined : host.segment;
  });
  if (wanted.every((segment, at) => String(segment) === String(hosts[at]!.segment))) return spec;
  const inside = [internet.subnet, serviceCidr, ...hosts.map(({ podSubnet }) => podSubnet)];
  const taken = [...machine, ...inside, ...wanted.flatMap((segment) => segment ?? [])];
  return {
    ...spec,
    hosts: given.map((host, at) => {
      // Where there is none, collisions.ts says so.
      const segment = wanted[at] ?? freeSubnet(pool, hosts[at]!.segment.prefix, taken) ?? hosts[at]!.segment;
      taken.push(segment);
      return { ...host, segment: String(segment) };
    }),
  };
}

/** The block that the lab's own subnet lies in; else the first choice, or the first free one from a place of the lab's own. */
function choose(path: string, choices: Choices, lab: string, taken: readonly Subnet[], own?: Subnet): string {
  const { ranges, prefix } = choices;
  const first = new Subnet(choices.first);
  const blocks = ranges
    .flatMap((range) =>
      Array.from({ length: 2 ** Math.min(prefix - range.prefix, 10) }, (_, n) => range.subnet(n, prefix)),
    )
    .filter((block) => !block.overlaps(first));
  // Labs begin in different places, so that two of them seldom want the same, not even in clones that can't see each other.
  const start = createHash("sha256").update(lab).digest().readUInt32BE() % blocks.length;
  const found =
    (own && [first, ...blocks].find((block) => block.contains(own))) ??
    [first, ...blocks.slice(start), ...blocks.slice(0, start)].find((block) => !meets(block, taken));
  if (found) return String(found);
  const message = `is left out, and no /${prefix} is free in ${ranges.join(", ")}: this machine uses all of it; give one that you can spare`;
  throw new SpecError([{ path, message }]);
}

const meets = (subnet: Subnet, others: readonly Subnet[]): boolean => others.some((other) => other.overlaps(subnet));

/** What is no subnet of IPv4 (one of IPv6, of a route without an address) is nobody's here. */
function read(cidrs: readonly (string | undefined)[]): Subnet[] {
  return cidrs.flatMap((cidr) => {
    try {
      return cidr === undefined ? [] : new Subnet(cidr);
    } catch {
      return [];
    }
  });
}
