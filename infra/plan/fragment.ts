/** A part of a node's state: what a kind of pod network, the services or the policies add to its namespace and its engine. */
import type { BgpSpeaker, FilterRule, Interface, Listener, NatRule, Netns, Route } from "../packet/netns.ts";
import type { EngineNetwork } from "./nodeState.ts";

export interface Fragment {
  readonly interfaces?: readonly Interface[];
  readonly routes?: readonly Route[];
  readonly nat?: readonly NatRule[];
  readonly filter?: readonly FilterRule[];
  readonly listeners?: readonly Listener[];
  readonly bgp?: BgpSpeaker;
  /** The namespace's rules see what its bridges pass. */
  readonly bridgeNetfilter?: boolean;
  /** How the host's engine plugs its pods in. */
  readonly engineNetwork?: EngineNetwork;
  /** How CNI plugins do, instead. */
  readonly cni?: object;
}

export const DEFAULT_ROUTE = "0.0.0.0/0";
export const DEFAULT_ROUTE_6 = "::/0";

/** Returns a namespace put together from its fragments in their order. */
export function netnsOf(node: Pick<Netns, "id" | "role" | "node">, fragments: readonly Fragment[]): Netns {
  const bgp = fragments.find((one) => one.bgp)?.bgp;
  return {
    ...node,
    interfaces: fragments.flatMap(({ interfaces = [] }) => interfaces),
    routes: fragments.flatMap(({ routes = [] }) => routes),
    forwarding: true,
    nat: fragments.flatMap(({ nat = [] }) => nat),
    filter: fragments.flatMap(({ filter = [] }) => filter),
    listeners: fragments.flatMap(({ listeners = [] }) => listeners),
    ...(bgp ? { bgp } : {}),
    ...(fragments.some(({ bridgeNetfilter }) => bridgeNetfilter) ? { bridgeNetfilter: true } : {}),
  };
}

/** A static route. */
export function route(destination: string, via: string, dev: string): Fragment {
  return { routes: [{ destination, via, dev }] };
}

/**
 * A bridge for pods.
 * @param plan.addresses with their prefix lengths
 * @param plan.mac a MAC address to keep; else it is the kernel's choice, and another one when ports come and go
 * @param plan.netfilter the host's rules apply to what pods of one bridge send each other, too
 */
export function bridge(plan: {
  name: string;
  addresses: readonly string[];
  mtu: number;
  link: string;
  mac?: string;
  netfilter?: boolean;
}): Fragment {
  const { netfilter = false, ...interfaces } = plan;
  return {
    interfaces: [{ kind: "bridge", ...interfaces, ...(netfilter ? { hairpin: true } : {}) }],
    ...(netfilter ? { bridgeNetfilter: true } : {}),
  };
}

/**
 * Masquerade: exempt destinations first, as in the chain of kubernetes-sigs/ip-masq-agent.
 * @param plan.source whose packets; everybody's when absent
 * @param plan.exempt destinations that see the packet's own source address
 * @param plan.out only packets that leave by this interface
 * @param plan.family 6: of IPv6 packets (NAT66), by ip6tables
 */
export function masquerade(plan: { family?: 6; source?: string; exempt?: readonly string[]; out?: string }): Fragment {
  const match = {
    ...(plan.source === undefined ? {} : { source: plan.source }),
    ...(plan.out === undefined ? {} : { outInterface: plan.out }),
  };
  const rule = { ...(plan.family === undefined ? {} : { family: plan.family }), chain: "POSTROUTING" } as const;
  return {
    nat: [
      ...(plan.exempt ?? []).map(
        (destination): NatRule => ({ ...rule, match: { ...match, destination }, action: { kind: "accept" } }),
      ),
      { ...rule, match, action: { kind: "masquerade" } },
    ],
  };
}

/** A web server of the node itself that says who it is and whom it sees. */
export function server(port: number, identity: string): Fragment {
  return {
    listeners: [
      { protocol: "tcp", port, identity },
      { protocol: "udp", port, identity },
    ],
  };
}
