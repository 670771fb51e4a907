/**
 * The kernel state of a lab, as plain data: every network namespace with its interfaces, routes and rules.
 * The plan describes the lab in these terms. The packet walk moves packets through it, and plan/nodeStates.ts writes it down for
 * the agent that makes the kernel agree. A kind of pod network only decides what stands in here; nothing that reads it needs to
 * know the kind.
 */

/** A host's own namespace, or a pod's (the one its pause container holds). */
export interface Netns {
  /** `router`, `internet`, `host01`, or `host01/web` for a pod. */
  readonly id: string;
  readonly role: "host" | "router" | "internet" | "pod";
  /** The node whose container this namespace lives in; a node is its own. */
  readonly node: string;
  readonly interfaces: readonly Interface[];
  /** The main table without the connected routes, which follow from the interfaces' addresses. */
  readonly routes: readonly Route[];
  /** net.ipv4.ip_forward and net.ipv6.conf.all.forwarding: whether packets for others are passed on. */
  readonly forwarding: boolean;
  /**
   * net.bridge.bridge-nf-call-iptables (its IPv6 twin is always off): the namespace's IPv4 rules see what its bridges pass from port to port,
   * too. A new namespace has it on where the machine has the module br_netfilter loaded. Absent: off.
   */
  readonly bridgeNetfilter?: boolean;
  /** In the order in which the kernel tries them, per chain. */
  readonly nat: readonly NatRule[];
  readonly filter: readonly FilterRule[];
  readonly listeners: readonly Listener[];
  /** Present where a BGP daemon runs: what it learns stands in `routes`, as {@link Route.learned} (bgp.ts). */
  readonly bgp?: BgpSpeaker;
}

/** A namespace that speaks BGP (RFC 4271) with neighbours on its links. */
export interface BgpSpeaker {
  /** Router id: one of its addresses, different from all others'. */
  readonly id: string;
  readonly as: number;
  /** Seconds without a word from a neighbour until it counts as gone (RFC 4271, 4.2). */
  readonly hold: number;
  /** The interfaces whose connected subnets it announces as its own. */
  readonly announces: readonly string[];
  readonly peers: readonly BgpPeer[];
}

export interface BgpPeer {
  /** The node that is meant. */
  readonly name: string;
  /** Its address on the link that both share. */
  readonly address: string;
  readonly as: number;
}

export interface Interface {
  /** As the plan names it; the kernel's name of an Ethernet interface may differ, so the agent finds it by its address. */
  readonly name: string;
  readonly kind: "ethernet" | "bridge" | "veth" | "vxlan";
  /** Address with prefix length, for example `192.168.20.1/24`. */
  readonly addresses: readonly string[];
  readonly mtu: number;
  /** Where it must be known; else the kernel's or Docker's choice. */
  readonly mac?: string;
  /** The layer-2 network it is plugged into: a segment's name, or `host01:cbr0` for a bridge and the veths on it. */
  readonly link: string;
  /** Only for a bridge: it may send back by the port that a frame came in by (`hairpin on` on every port, bridge(8)). */
  readonly hairpin?: boolean;
  /** Only for VXLAN: which VTEP holds which inner next hop (the FDB and ARP entries of flannel's vxlan backend). */
  readonly vxlan?: {
    readonly id: number;
    readonly port: number;
    readonly local: string;
    readonly peers: readonly VxlanPeer[];
  };
}

export interface VxlanPeer {
  /** Inner address of the peer's VXLAN interface. */
  readonly inner: string;
  /** MAC address of that interface. */
  readonly mac: string;
  /** Underlay address of the host behind it. */
  readonly vtep: string;
}

export interface Route {
  /** CIDR; `0.0.0.0/0` and `::/0` are the default routes. */
  readonly destination: string;
  /** Next hop; absent when the destination is on the link. */
  readonly via?: string;
  /** Name of the interface; absent for a blackhole or unreachable route. */
  readonly dev?: string;
  readonly type?: "blackhole" | "unreachable" | "prohibit";
  /** The next hop is on the link although no address says so (ip-route(8)). */
  readonly onlink?: true;
  /** A neighbour announced it; it is here for as long as the session lasts. */
  readonly learned?: "bgp";
}

/** What a rule looks at; a field that is absent matches everything. */
export interface Match {
  readonly source?: string;
  readonly notSource?: string;
  readonly destination?: string;
  readonly notDestination?: string;
  /** Any address of the namespace itself but loopback ones (`! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL`). */
  readonly toOwn?: boolean;
  /** POSTROUTING: what a DNAT rule of the namespace has marked to be masqueraded. */
  readonly marked?: boolean;
  readonly inInterface?: string;
  readonly outInterface?: string;
  /** In IPv6 `icmp` is ICMPv6. */
  readonly protocol?: "icmp" | "tcp" | "udp" | "sctp";
  /** Destination port. */
  readonly port?: number;
  /** The last one of a range of destination ports that begins with `port`. */
  readonly endPort?: number;
}

export interface NatRule {
  /** Of ip6tables; absent: of iptables, whose rules see IPv4 only. */
  readonly family?: 6;
  readonly chain: "PREROUTING" | "OUTPUT" | "POSTROUTING";
  readonly match: Match;
  /** `accept` ends the chain with the address kept, as RETURN does in ip-masq-agent's chain. */
  readonly action:
    | { readonly kind: "accept" }
    | { readonly kind: "masquerade" }
    | { readonly kind: "snat"; readonly to: string }
    | {
        readonly kind: "dnat";
        /** Of several each gets an equal share of the connections (`-m statistic --mode random`). */
        readonly to: readonly { readonly address: string; readonly port: number }[];
        /**
         * Senders whose packets are marked to be masqueraded on their way out, as kube-proxy's KUBE-MARK-MASQ does: all
         * others than these; in any case one that is sent to itself. Absent: nobody is.
         */
        readonly marks?: { readonly exceptFrom?: string };
        /** The service's port that the rule is of, as the names of its chains end. */
        readonly service?: string;
      };
}

export interface FilterRule {
  /** Of ip6tables; absent: of iptables. */
  readonly family?: 6;
  readonly chain: "INPUT" | "FORWARD" | "OUTPUT";
  readonly match: Match;
  readonly action: "accept" | "drop" | "reject";
  /** What it spares, of all that it matches. */
  readonly unless?: readonly Match[];
  /** The policies that the rule is of, for people, and the chain that it stands for. */
  readonly policy?: { readonly chain: string; readonly names: readonly string[] };
  /** Matches only packets of a connection that conntrack knows already. */
  readonly established?: boolean;
}

/** A server that answers with its identity and the client's address as it saw it. */
export interface Listener {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** `host01/web:app`: what the server calls itself in its answer; absent when its image is not podlab's. */
  readonly identity?: string;
  /** Its process is gone: the port is closed. */
  readonly dead?: boolean;
}
