/**
 * The routing table of a namespace and what Linux decides by it: next hop, interface, source address.
 * Sources: ip-route(8); RFC 1812 5.2.4.3 (longest match); kernel net/ipv4/fib_semantics.c (source of a route),
 * net/ipv4/devinet.c `inet_select_addr`; RFC 6724 for IPv6.
 */
import { commonPrefix, isIPv6, isLoopback, isMulticast, LIMITED_BROADCAST, Subnet } from "../spec/address.ts";
import type { Interface, Netns, Route } from "./netns.ts";

export type Decision =
  | { readonly kind: "local"; readonly source: string }
  | {
      readonly kind: "unicast";
      readonly route: Route;
      readonly dev: Interface;
      /** Whose link-layer address is needed: the gateway, or the destination itself on a connected link. */
      readonly nextHop: string;
      /** Absent when the namespace has no address of this family. */
      readonly source?: string;
    }
  /** Many are meant: all of a subnet of the namespace, or of its link; or a group. */
  | { readonly kind: "broadcast" }
  | { readonly kind: "multicast"; readonly dev: Interface }
  | { readonly kind: "refuse"; readonly type: NonNullable<Route["type"]>; readonly route: Route }
  | { readonly kind: "none" };

interface Entry {
  readonly subnet: Subnet;
  readonly route: Route;
}

interface HeldAddress {
  readonly address: string;
  readonly subnet: Subnet;
  /** Not the first of its subnet on its interface: answered for, but never chosen as a source (devinet.c). */
  readonly secondary: boolean;
}

export class RoutingTable {
  readonly #interfaces: readonly Interface[];
  readonly #held: ReadonlyMap<string, readonly HeldAddress[]>;
  readonly #local: ReadonlyMap<string, HeldAddress>;
  readonly #broadcast: ReadonlySet<string>;
  readonly #entries: readonly Entry[];
  readonly #decisions = new Map<string, Decision>();

  constructor(netns: Netns) {
    this.#interfaces = netns.interfaces;
    this.#held = new Map(netns.interfaces.map((one) => [one.name, heldBy(one)]));
    this.#local = new Map([...this.#held.values()].flat().map((one) => [one.address, one]));
    // The lowest address of a subnet is nobody's, but no broadcast address (Linux 5.14).
    const subnets = [...this.#local.values()].map(({ subnet }) => subnet);
    this.#broadcast = new Set(subnets.filter((one) => one.version === 4 && one.prefix < 31).map(({ last }) => last));
    this.#entries = this.#longestFirst(netns.routes);
  }

  /** True for an address of any interface: Linux takes packets for all of them on each (the weak end system, RFC 1122 3.3.4.2). */
  holds(address: string): boolean {
    return this.#local.has(address);
  }

  /** The addresses of an interface of this namespace. */
  heldOn({ name }: Interface): readonly string[] {
    return (this.#held.get(name) ?? []).map(({ address }) => address);
  }

  get addresses(): Iterable<string> {
    return this.#local.keys();
  }

  /** What becomes of a packet to `destination`: the local table first, then the longest matching prefix. */
  lookup(destination: string): Decision {
    let decision = this.#decisions.get(destination);
    if (decision === undefined) {
      decision = this.#decide(destination);
      this.#decisions.set(destination, decision);
    }
    return decision;
  }

  /** The address Linux would send from; undefined when there is no way, or no address of the family. */
  sourceFor(destination: string): string | undefined {
    const decision = this.lookup(destination);
    return decision.kind === "local" || decision.kind === "unicast" ? decision.source : undefined;
  }

  /**
   * The address of an interface that suits a neighbour: the first one in the neighbour's subnet, else the first one,
   * else the first one of the namespace. This is also what MASQUERADE takes (net/netfilter/nf_nat_masquerade.c).
   * IPv6 takes the one that RFC 6724 prefers for the destination, those of the interface before all others.
   */
  sourceOn(dev: Interface, neighbour: string, destination: string): string | undefined {
    const version = isIPv6(neighbour) ? 6 : 4;
    const usable = (name: string) =>
      (this.#held.get(name) ?? []).filter((one) => one.subnet.version === version && !one.secondary);
    const own = usable(dev.name);
    const all = () => this.#interfaces.flatMap((one) => usable(one.name));
    if (version === 6) return preferred(own.length > 0 ? own : all(), destination);
    const suited = own.find((one) => one.subnet.contains(neighbour)) ?? own[0];
    return (suited ?? all()[0])?.address;
  }

  #decide(destination: string): Decision {
    const held = this.#local.get(destination);
    if (held !== undefined) return { kind: "local", source: this.#primaryOf(held).address };
    if (destination === LOOPBACK.last) return { kind: "broadcast" };
    if (isLoopback(destination) && this.#hasFamilyOf(destination)) {
      return { kind: "local", source: isIPv6(destination) ? destination : "127.0.0.1" };
    }
    if (this.#broadcast.has(destination)) return { kind: "broadcast" };
    const route = this.#entries.find((entry) => entry.subnet.contains(destination))?.route;
    if (route === undefined) return { kind: "none" };
    if (route.type !== undefined) return { kind: "refuse", type: route.type, route };
    const dev = this.#interfaces.find((one) => one.name === route.dev)!;
    if (destination === LIMITED_BROADCAST) return { kind: "broadcast" };
    if (isMulticast(destination)) return { kind: "multicast", dev };
    const nextHop = route.via ?? destination;
    const source = this.sourceOn(dev, nextHop, destination);
    return { kind: "unicast", route, dev, nextHop, ...(source === undefined ? {} : { source }) };
  }

  /** IPv6 is switched off in a namespace without an address of it. */
  #hasFamilyOf(destination: string): boolean {
    return !isIPv6(destination) || [...this.#local.keys()].some(isIPv6);
  }

  /** A namespace that talks to a secondary address of its own does so from the primary one of that subnet. */
  #primaryOf(held: HeldAddress): HeldAddress {
    if (!held.secondary) return held;
    const siblings = [...this.#held.values()].find((list) => list.includes(held))!;
    return siblings.find((one) => !one.secondary && one.subnet.toString() === held.subnet.toString())!;
  }

  /**
   * One entry a prefix, the longest first. Units use `ip route replace`, so of two routes to one prefix the later stays,
   * and in IPv4 it replaces a connected one too; IPv6's connected routes have the better metric (256 before 1024).
   */
  #longestFirst(routes: readonly Route[]): Entry[] {
    const connected = this.#interfaces.flatMap((one) =>
      this.#held.get(one.name)!.map((held): Route => ({ destination: held.subnet.toString(), dev: one.name })),
    );
    const entries = new Map<string, Entry>();
    for (const route of connected) {
      if (!entries.has(route.destination))
        entries.set(route.destination, { subnet: new Subnet(route.destination), route });
    }
    const reached = [...entries.values()];
    for (const route of routes.flatMap((one) => this.#usable(one, reached) ?? [])) {
      const subnet = new Subnet(route.destination);
      if (subnet.version === 6 && connected.some((one) => one.destination === subnet.toString())) continue;
      entries.set(subnet.toString(), { subnet, route });
    }
    return [...entries.values()].sort((a, b) => b.subnet.prefix - a.subnet.prefix);
  }

  /**
   * The route with its interface, or undefined for one that the kernel would not have: no such interface or gateway. One by
   * a gateway that is an address of the namespace itself can't be made, but it stays when that address comes later. Seen.
   */
  #usable(route: Route, connected: readonly Entry[]): Route | undefined {
    if (route.type !== undefined) return route;
    const { via } = route;
    const dev = route.dev ?? connected.find((one) => via !== undefined && one.subnet.contains(via))?.route.dev;
    const found = this.#interfaces.find(({ name }) => name === dev);
    if (found === undefined || (isIPv6(route.destination) && !carriesIPv6(found))) return undefined;
    return { ...route, dev: found.name };
  }
}

/** Of lo, which has 127.0.0.1/8. */
const LOOPBACK = new Subnet("127.0.0.0/8");

/** IPv6 leaves a link that is too small for it, and what it held there is gone (net/ipv6/addrconf.c, RFC 8200, 5). */
const MIN_MTU_6 = 1280;

const carriesIPv6 = ({ mtu }: Interface): boolean => mtu >= MIN_MTU_6;

function heldBy(one: Interface): HeldAddress[] {
  const seen = new Set<string>();
  const addresses = one.addresses.filter((cidr) => !isIPv6(cidr) || carriesIPv6(one));
  return addresses.map((cidr) => {
    const subnet = new Subnet(cidr);
    const secondary = subnet.version === 4 && seen.has(subnet.toString());
    seen.add(subnet.toString());
    return { address: cidr.slice(0, cidr.indexOf("/")), subnet, secondary };
  });
}

/** RFC 6724's default labels (2.1), as far as a lab has addresses for them. */
const UNIQUE_LOCAL = new Subnet("fc00::/7");

/**
 * RFC 6724 section 5 for addresses of one scope and age: rule 6, the destination's label; rule 8, the longest prefix in common,
 * of which Linux counts no more than the address's own prefix length (net/ipv6/addrconf.c, ipv6_get_saddr_eval).
 */
function preferred(candidates: readonly HeldAddress[], destination: string): string | undefined {
  const [only] = candidates;
  if (candidates.length < 2) return only?.address;
  const local = UNIQUE_LOCAL.contains(destination);
  const merit = ({ address, subnet }: HeldAddress) =>
    Math.min(commonPrefix(address, destination), subnet.prefix) + (UNIQUE_LOCAL.contains(address) === local ? 1000 : 0);
  // Of equals the newest comes first in an interface's list (ipv6_link_dev_addr).
  return candidates.reduce((best, one) => (merit(one) >= merit(best) ? one : best)).address;
}
