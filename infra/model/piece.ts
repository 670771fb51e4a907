/**
 * A piece of a node's state in both of its forms: the unit that makes it true (lab-scripts/host), and what it means to a
 * packet (netns.ts). Because both come from one call, what is built and what is expected can't drift apart.
 */
import type { BgpSpeaker, FilterRule, Interface, Listener, NatRule, Netns, Route } from "./netns.ts";
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
}

export const DEFAULT_ROUTE = "0.0.0.0/0";

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
  };
}

/** A node's units in the order in which they can be applied. */
export function unitsOf(pieces: readonly Piece[]): UnitPlan[] {
  return pieces.flatMap(({ units = [] }) => units).toSorted((one, other) => one.order - other.order);
}

/** An interface that Docker or a veth pair provides: there is nothing to apply. */
export function plugged(plan: {
  name: string;
  kind: "ethernet" | "veth";
  address: string;
  prefix: number;
  mtu: number;
  link: string;
}): Piece {
  const { address, prefix, ...rest } = plan;
  return { interfaces: [{ ...rest, addresses: [`${address}/${prefix}`] }] };
}

/** Packets for others are passed on, and nothing but podlab's own rules filters them. */
export function forwarding(): Piece {
  return { units: [{ name: "forwarding", kind: "forwarding", order: ORDER.kernel, spec: {} }] };
}

/** The lab ends at this node. */
export function noDefaultRoute(): Piece {
  return { units: [{ name: "no-default-route", kind: "no-default-route", order: ORDER.routes, spec: {} }] };
}

/** A static route. Its unit's name holds the destination: another one is another unit, and this one is removed. */
export function route(destination: string, via: string, dev: string): Piece {
  const name = destination === DEFAULT_ROUTE ? "default" : destination.replace("/", "-");
  return {
    units: [
      { name: `route-${name}`, kind: "route", order: ORDER.routes, spec: { DESTINATION: destination, VIA: via } },
    ],
    routes: [{ destination, via, dev }],
  };
}

/**
 * A bridge for pods.
 * @param plan.address with its prefix length
 * @param plan.mac a MAC address to keep; else it is the kernel's choice, and another one when ports come and go
 */
export function bridge(plan: { name: string; address: string; mtu: number; link: string; mac?: string }): Piece {
  const { name, address, mtu, link, mac = "" } = plan;
  return {
    units: [
      {
        name: `bridge-${name}`,
        kind: "bridge",
        order: ORDER.bridge,
        spec: { BRIDGE: name, ADDRESS: address, MTU: String(mtu), MAC: mac },
      },
    ],
    interfaces: [{ name, kind: "bridge", addresses: [address], mtu, link }],
  };
}

/**
 * Masquerade: exempt destinations first, as in the chain of kubernetes-sigs/ip-masq-agent.
 * @param plan.source whose packets; everybody's when absent
 * @param plan.exempt destinations that see the packet's own source address
 * @param plan.out only packets that leave by this interface, which has this address
 */
export function masquerade(plan: {
  source?: string;
  exempt?: readonly string[];
  out?: { readonly dev: string; readonly address: string };
}): Piece {
  const match = {
    ...(plan.source === undefined ? {} : { source: plan.source }),
    ...(plan.out === undefined ? {} : { outInterface: plan.out.dev }),
  };
  const exempt = plan.exempt ?? [];
  return {
    units: [
      {
        name: "masquerade",
        kind: "masquerade",
        order: ORDER.rules,
        spec: { SOURCE: plan.source ?? "", EXEMPT: exempt.join(" "), OUT: plan.out?.address ?? "" },
      },
    ],
    nat: [
      ...exempt.map(
        (destination): NatRule => ({
          chain: "POSTROUTING",
          match: { ...match, destination },
          action: { kind: "accept" },
        }),
      ),
      { chain: "POSTROUTING", match, action: { kind: "masquerade" } },
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
