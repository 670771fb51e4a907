/**
 * A piece of a node's state in both of its forms: the unit that makes it true (lab-scripts/host), and what it means to a
 * packet (netns.ts). Because both come from one call, what is built and what is expected can't drift apart.
 */
import type { BgpSpeaker, FilterRule, Interface, Listener, NatRule, Netns, Route } from "../packet/netns.ts";
import type { UnitPlan } from "./plan.ts";
import { ORDER } from "./unitOrder.ts";

export interface Piece {
  readonly units?: readonly UnitPlan[];
  readonly interfaces?: readonly Interface[];
  readonly routes?: readonly Route[];
  readonly nat?: readonly NatRule[];
  readonly filter?: readonly FilterRule[];
  readonly listeners?: readonly Listener[];
  readonly bgp?: BgpSpeaker;
  /** The namespace's rules see what its bridges pass. */
  readonly bridgeNetfilter?: boolean;
}

export const DEFAULT_ROUTE = "0.0.0.0/0";
export const DEFAULT_ROUTE_6 = "::/0";

/** A node's namespace, put together from its pieces in their order. */
export function netnsOf(node: Pick<Netns, "id" | "role" | "node">, pieces: readonly Piece[]): Netns {
  const bgp = pieces.find((one) => one.bgp)?.bgp;
  return {
    ...node,
    interfaces: pieces.flatMap(({ interfaces = [] }) => interfaces),
    routes: pieces.flatMap(({ routes = [] }) => routes),
    // A pod's namespace takes the host's setting over (net.core.devconf_inherit_init_net).
    forwarding: true,
    nat: pieces.flatMap(({ nat = [] }) => nat),
    filter: pieces.flatMap(({ filter = [] }) => filter),
    listeners: pieces.flatMap(({ listeners = [] }) => listeners),
    ...(bgp ? { bgp } : {}),
    ...(pieces.some(({ bridgeNetfilter }) => bridgeNetfilter) ? { bridgeNetfilter: true } : {}),
  };
}

/** A node's units in the order in which they can be applied. */
export function unitsOf(pieces: readonly Piece[]): UnitPlan[] {
  return pieces.flatMap(({ units = [] }) => units).toSorted((one, other) => one.order - other.order);
}

/** An interface that Docker or a veth pair provides: there is nothing to apply. @param plan.addresses with prefix length */
export function plugged(plan: {
  name: string;
  kind: "ethernet" | "veth";
  addresses: readonly string[];
  mtu: number;
  link: string;
}): Piece {
  return { interfaces: [plan] };
}

/**
 * The IPv6 address of an interface that Docker provides. Docker's network of a segment has none, so that the machine has none
 * on it either: the node gives it to itself.
 * @param plan.holder the interface's IPv4 address, by which it is found
 * @param plan.address with its prefix length
 */
export function address6(plan: { name: string; holder: string; address: string }): UnitPlan {
  const { name, holder, address } = plan;
  return {
    name: `address6-${name}`,
    kind: "address6",
    order: ORDER.bridge,
    spec: { HOLDER: holder, ADDRESS: address },
  };
}

/** Packets for others are passed on, and nothing but podlab's own rules filters them. */
export function forwarding({ ipv6 }: { ipv6: boolean }): Piece {
  const spec: UnitPlan["spec"] = ipv6 ? { IPV6: "yes" } : {};
  return { units: [{ name: "forwarding", kind: "forwarding", order: ORDER.kernel, spec }] };
}

/** The lab ends at this node. */
export function noDefaultRoute(): Piece {
  return { units: [{ name: "no-default-route", kind: "no-default-route", order: ORDER.routes, spec: {} }] };
}

const NAMES = new Map([
  [DEFAULT_ROUTE, "default"],
  [DEFAULT_ROUTE_6, "default6"],
]);

/** A static route. Its unit's name holds the destination: another one is another unit, and this one is removed. */
export function route(destination: string, via: string, dev: string): Piece {
  const name = NAMES.get(destination) ?? destination.replaceAll(/[/:]/g, "-");
  return {
    units: [
      { name: `route-${name}`, kind: "route", order: ORDER.routes, spec: { DESTINATION: destination, VIA: via } },
    ],
    routes: [{ destination, via, dev }],
  };
}

/**
 * A bridge for pods.
 * @param plan.address with its prefix length, and so `address6`
 * @param plan.mac a MAC address to keep; else it is the kernel's choice, and another one when ports come and go
 * @param plan.netfilter the host's rules apply to what pods of one bridge send each other, too
 */
export function bridge(plan: {
  name: string;
  address: string;
  address6?: string;
  mtu: number;
  link: string;
  mac?: string;
  netfilter?: boolean;
}): Piece {
  const { name, address, address6, mtu, link, mac = "", netfilter = false } = plan;
  const own6 = address6 === undefined ? [] : [address6];
  return {
    units: [
      {
        name: `bridge-${name}`,
        kind: "bridge",
        order: ORDER.bridge,
        spec: {
          BRIDGE: name,
          ADDRESS: address,
          MTU: String(mtu),
          MAC: mac,
          NETFILTER: netfilter ? "1" : "0",
          ...(address6 === undefined ? {} : { ADDRESS6: address6 }),
        },
      },
    ],
    interfaces: [
      { name, kind: "bridge", addresses: [address, ...own6], mtu, link, ...(netfilter ? { hairpin: true } : {}) },
    ],
    ...(netfilter ? { bridgeNetfilter: true } : {}),
  };
}

/**
 * Masquerade: exempt destinations first, as in the chain of kubernetes-sigs/ip-masq-agent.
 * @param plan.source whose packets; everybody's when absent
 * @param plan.exempt destinations that see the packet's own source address
 * @param plan.out only packets that leave by this interface, which has this address
 * @param plan.family 6: of IPv6 packets (NAT66), by ip6tables
 */
export function masquerade(plan: {
  family?: 6;
  source?: string;
  exempt?: readonly string[];
  out?: { readonly dev: string; readonly address: string };
}): Piece {
  const match = {
    ...(plan.source === undefined ? {} : { source: plan.source }),
    ...(plan.out === undefined ? {} : { outInterface: plan.out.dev }),
  };
  const exempt = plan.exempt ?? [];
  const family = plan.family === undefined ? {} : { family: plan.family };
  return {
    units: [
      {
        name: `masquerade${plan.family ?? ""}`,
        kind: "masquerade",
        order: ORDER.rules,
        spec: {
          SOURCE: plan.source ?? "",
          EXEMPT: exempt.join(" "),
          OUT: plan.out?.address ?? "",
          ...(plan.family === undefined ? {} : { FAMILY: String(plan.family) }),
        },
      },
    ],
    nat: [
      ...exempt.map(
        (destination): NatRule => ({
          ...family,
          chain: "POSTROUTING",
          match: { ...match, destination },
          action: { kind: "accept" },
        }),
      ),
      { ...family, chain: "POSTROUTING", match, action: { kind: "masquerade" } },
    ],
  };
}

/** A web server of the node itself that says who it is and whom it sees. */
export function server(port: number, identity: string): Piece {
  return {
    units: [
      {
        name: `server-${port}`,
        kind: "server",
        order: ORDER.rules,
        spec: { PORT: String(port), PODLAB_IDENTITY: identity },
      },
    ],
    listeners: [
      { protocol: "tcp", port, identity },
      { protocol: "udp", port, identity },
    ],
  };
}

/** What the lab was made from, kept for checks that come later and from elsewhere. */
export function record(json: string): Piece {
  return { units: [{ name: "record", kind: "record", order: ORDER.kernel, spec: { RECORD: json } }] };
}
