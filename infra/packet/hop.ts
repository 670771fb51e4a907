/** What a packet went through, as data: one {@link Hop} for each time an interface would show it to a capture. */
import type { FilterRule, NatRule, Route } from "./netns.ts";
import type { Message, Protocol } from "./packet.ts";

/** One packet seen at one interface, with the header it had there. */
export interface Hop {
  readonly netns: string;
  readonly node: string;
  /** The interface's name in the plan, or `lo` for what a namespace sends to itself. */
  readonly interface: string;
  readonly direction: "in" | "out";
  readonly protocol: Protocol;
  readonly message: Message;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  readonly size: number;
  /** Present on an outer packet: the tunnel and the packet inside. */
  readonly inside?: {
    readonly vxlan: number;
    readonly source: string;
    readonly destination: string;
    readonly ttl: number;
    readonly protocol: Protocol;
  };
  /**
   * What the namespace did to it: on the way out everything since it came in or was made;
   * on the way in what a bridge with rules did to it on the link, and what unwraps it or ends its way.
   */
  readonly did: readonly Step[];
}

export type Step =
  | { readonly kind: "route" | "forward"; readonly route: Route }
  | {
      readonly kind: "nat";
      /** `undo` is the translation of an answer, which conntrack remembers and no rule is asked for. */
      readonly what: "masquerade" | "snat" | "dnat" | "undo";
      readonly rule: RuleRef;
      readonly changed: "source" | "destination";
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: "exempt" | "filter"; readonly rule: RuleRef }
  | { readonly kind: "fragment"; readonly mtu: number }
  | { readonly kind: "encapsulate"; readonly vxlan: number; readonly vtep: string }
  | { readonly kind: "decapsulate"; readonly vxlan: number }
  | { readonly kind: "bridge"; readonly netns: string; readonly interface: string }
  | { readonly kind: "deliver" };

/** A rule and where it stands: `number` counts from 1 within the chain, as `iptables --line-numbers` does. */
export type RuleRef = {
  readonly netns: string;
  readonly number: number;
} & ({ readonly table: "nat"; readonly rule: NatRule } | { readonly table: "filter"; readonly rule: FilterRule });

/** Where in a namespace a packet ended. The names are the kernel's hooks, plus what stands between them. */
export type Place =
  | "output"
  | "prerouting"
  | "routing"
  | "forward"
  | "postrouting"
  | "input"
  | "neighbour"
  | "link"
  | "socket";

/** Why it ended there, with the route or rule that decided. */
export type Why =
  | { readonly kind: "no-route"; readonly destination: string }
  | { readonly kind: "route-type"; readonly type: "blackhole" | "unreachable" | "prohibit"; readonly route: Route }
  | { readonly kind: "no-source-address"; readonly interface: string }
  | { readonly kind: "no-neighbour"; readonly address: string; readonly link: string }
  | { readonly kind: "no-peer"; readonly address: string; readonly vxlan: number }
  | { readonly kind: "not-the-peer"; readonly address: string; readonly vxlan: number }
  | { readonly kind: "tunnel-loop"; readonly vxlan: number }
  /** A bridge sends nothing back by the port it came in by (`hairpin off`, bridge(8)). */
  | { readonly kind: "same-port"; readonly bridge: string }
  | { readonly kind: "not-forwarding"; readonly family?: 6 }
  | { readonly kind: "martian-source"; readonly source: string }
  /** A loopback address as the source of what would leave the namespace (net.ipv4.conf.*.route_localnet 0). */
  | { readonly kind: "loopback-source"; readonly source: string }
  /** Only a socket that asked for it may send to a broadcast address (SO_BROADCAST, socket(7)). */
  | { readonly kind: "no-broadcast"; readonly address: string }
  /** Sent to many, of whom none answers: TCP is for two, and Linux answers no echo request of this kind. */
  | { readonly kind: "to-many"; readonly address: string }
  | { readonly kind: "ttl" }
  | { readonly kind: "mtu"; readonly mtu: number; readonly size: number; readonly interface: string }
  | { readonly kind: "filter"; readonly action: "drop" | "reject"; readonly rule: RuleRef }
  /** An answer that no socket waits for: it comes from elsewhere than the question went, or to another namespace. */
  | { readonly kind: "unexpected-answer"; readonly source: string; readonly expected: string };

export interface Drop {
  readonly leg: "forward" | "reply";
  readonly netns: string;
  readonly node: string;
  /** The interface it was last seen on, when it was on one. */
  readonly interface?: string;
  readonly where: Place;
  readonly why: Why;
}
