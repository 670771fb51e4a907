/**
 * The iptables chains of a namespace: which rule decides about a packet. The first that matches does (iptables(8));
 * where none does, the policy ACCEPT applies.
 */
import { isIPv6, Subnet } from "../spec/address.ts";
import type { RuleRef } from "./hop.ts";
import type { FilterRule, Match, NatRule, Netns } from "./netns.ts";
import type { Packet } from "./packet.ts";

/** The interfaces a packet has at a hook: none came in for what the namespace made itself, none goes out for what it keeps. */
export interface HookInterfaces {
  readonly in?: string;
  readonly out?: string;
  /** A rule of the namespace marked it to be masqueraded. */
  readonly marked?: boolean;
}

type NatRef = RuleRef & { readonly table: "nat" };
type FilterRef = RuleRef & { readonly table: "filter" };
interface Compiled<Ref> {
  readonly ref: Ref;
  readonly matches: (packet: Packet, ports: HookInterfaces) => boolean;
}

/** The chains of both tools: iptables sees IPv4 packets only, ip6tables IPv6 packets only. */
export class Chains {
  readonly #v4: FamilyChains;
  readonly #v6: FamilyChains;

  constructor(netns: Netns) {
    this.#v4 = new FamilyChains(netns, undefined);
    this.#v6 = new FamilyChains(netns, 6);
  }

  /** Those that see the packet. */
  of({ destination }: Packet): FamilyChains {
    return isIPv6(destination) ? this.#v6 : this.#v4;
  }
}

class FamilyChains {
  /**
   * Conntrack runs only where something asks for it: a NAT table or a state match (nf_conntrack hooks are per namespace and
   * family).
   */
  readonly tracks: boolean;
  /** Some rule lets a connection begin and then stops it: what became of its first packet does not decide about the next. */
  readonly refusesKnown: boolean;
  readonly #nat = new Map<NatRule["chain"], Compiled<NatRef>[]>();
  readonly #filter = new Map<FilterRule["chain"], Compiled<FilterRef>[]>();

  constructor(netns: Netns, family: FilterRule["family"]) {
    const nat = netns.nat.filter((rule) => rule.family === family);
    const filter = netns.filter.filter((rule) => rule.family === family);
    this.tracks = nat.length > 0 || filter.some((rule) => rule.established);
    this.refusesKnown = filter.some((rule) => rule.established && rule.action !== "accept");
    const own = new Set(netns.interfaces.flatMap(({ addresses }) => addresses.map((one) => one.split("/")[0]!)));
    for (const rule of nat) {
      const chain = chainOf(this.#nat, rule.chain);
      const ref: NatRef = { netns: netns.id, table: "nat", number: chain.length + 1, rule };
      chain.push({ ref, matches: matcher(rule.match, own) });
    }
    for (const rule of filter) {
      const chain = chainOf(this.#filter, rule.chain);
      const ref: FilterRef = { netns: netns.id, table: "filter", number: chain.length + 1, rule };
      const matches = matcher(rule.match, own);
      const spared = rule.unless?.map((one) => matcher(one, own));
      const hits: typeof matches = (packet, ports) =>
        matches(packet, ports) && !spared?.some((spares) => spares(packet, ports));
      chain.push({ ref, matches: spared ? hits : matches });
    }
  }

  /** The NAT rule for the first packet of a connection. */
  nat(chain: NatRule["chain"], packet: Packet, ports: HookInterfaces): NatRef | undefined {
    return this.#nat.get(chain)?.find(({ matches }) => matches(packet, ports))?.ref;
  }

  /** The filter rule that decides; `known` is whether conntrack calls the packet ESTABLISHED or RELATED. */
  filter(chain: FilterRule["chain"], packet: Packet, ports: HookInterfaces, known: boolean): FilterRef | undefined {
    const rules = this.#filter.get(chain);
    return rules?.find(({ ref, matches }) => (known || !ref.rule.established) && matches(packet, ports))?.ref;
  }
}

function chainOf<Chain, Rule>(chains: Map<Chain, Rule[]>, name: Chain): Rule[] {
  const found = chains.get(name) ?? [];
  chains.set(name, found);
  return found;
}

function matcher(match: Match, own: ReadonlySet<string>): Compiled<RuleRef>["matches"] {
  const source = membership(match.source);
  const notSource = membership(match.notSource);
  const destination = membership(match.destination);
  const notDestination = membership(match.notDestination);
  const { protocol, port, endPort = port, inInterface, outInterface, toOwn, marked } = match;
  return (packet, ports) =>
    (protocol === undefined || packet.protocol === protocol) &&
    // An ICMP error has no ports, and --dport wants a protocol that has (iptables-extensions(8)).
    (port === undefined ||
      (packet.protocol !== "icmp" && port <= packet.destinationPort && packet.destinationPort <= endPort!)) &&
    (inInterface === undefined || ports.in === inInterface) &&
    (outInterface === undefined || ports.out === outInterface) &&
    (marked === undefined || (ports.marked ?? false) === marked) &&
    (toOwn === undefined || own.has(packet.destination) === toOwn) &&
    (source === undefined || source(packet.source)) &&
    (notSource === undefined || !notSource(packet.source)) &&
    (destination === undefined || destination(packet.destination)) &&
    (notDestination === undefined || !notDestination(packet.destination));
}

/** Whether an address is in a subnet (or is the one address), remembered: rules are asked about few addresses, often. */
function membership(text: string | undefined): ((address: string) => boolean) | undefined {
  if (text === undefined) return undefined;
  if (!text.includes("/")) return (address) => address === text;
  const subnet = new Subnet(text);
  const known = new Map<string, boolean>();
  return (address) => {
    let inside = known.get(address);
    if (inside === undefined) {
      inside = subnet.contains(address);
      known.set(address, inside);
    }
    return inside;
  };
}
