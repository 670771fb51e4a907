/**
 * One packet's way from the namespace that makes it to the one that takes it, or to where it ends, as Linux would move it.
 * The order of things is the kernel's: net/ipv4/ip_output.c, ip_input.c, ip_forward.c, route.c, with netfilter's hooks
 * between them. What a comment calls "seen" was tried with real packets on Linux 6.18.
 */
import { addressVersion } from "../address.ts";
import type { FilterRule, Interface } from "../netns.ts";
import type { Passage } from "./chains.ts";
import { Conntrack, type Track, translate } from "./conntrack.ts";
import type { Drop, Hop, Place, Step, Why } from "./hop.ts";
import { natDestination, natSource } from "./nat.ts";
import type { Namespace, Network, Port } from "./network.ts";
import { type IcmpErrorKind, mayFragment, type Packet } from "./packet.ts";
import type { Decision } from "./table.ts";
import { encapsulate, isPeer, nestedTooDeep, vtepFor } from "./vxlan.ts";

export type Fate = Delivered | Lost;

export interface Delivered {
  readonly kind: "delivered";
  readonly at: Namespace;
  readonly packet: Packet;
  readonly track?: Track;
}

export interface Lost {
  readonly kind: "lost";
  readonly at: Namespace;
  /** As it was where it ended: an ICMP error quotes this. */
  readonly packet: Packet;
  readonly track?: Track;
  readonly drop: Drop;
  /** The ICMP error that the namespace sends about it; absent when it ends in silence. */
  readonly error?: { readonly kind: IcmpErrorKind; readonly mtu?: number };
  /** True when the sender's own kernel refused the call, so that no ICMP is needed: ENETUNREACH, EACCES, EMSGSIZE … */
  readonly atCall: boolean;
}

interface Arrival {
  readonly kind: "arrived";
  readonly at: Namespace;
  readonly on: Interface;
  readonly packet: Packet;
  /** What a bridge with rules did to it on the link. */
  readonly bridged?: readonly Step[];
  /** That bridge is this namespace's own: PREROUTING has been, and this is what conntrack made of it. */
  readonly prerouted?: { readonly track?: Track | undefined };
}

/** A packet inside a namespace. */
interface Held {
  readonly at: Namespace;
  readonly packet: Packet;
  readonly track?: Track | undefined;
  readonly on?: Interface | undefined;
  /** What was done to it since it came in; goes to the hop by which it leaves. */
  readonly steps: Step[];
  /** The steps of the hop by which it came in: what was done is told there when it never leaves. */
  readonly ending?: Step[];
}

/** Frames a little larger than the receiver's MTU pass: the check leaves room for a VLAN tag (is_skb_forwardable). */
const VLAN_TAG = 4;

const REFUSALS = {
  // A blackhole drops what it forwards in silence; the two others tell (net/ipv4/route.c, ip_error).
  blackhole: undefined,
  unreachable: "host-unreachable",
  prohibit: "prohibited",
} as const;

/** Moves the packets of one walk; the namespaces' connection tracking lasts as long as this object. */
export class Transit {
  readonly #network: Network;
  readonly #pick: number;
  readonly #conntracks = new Map<Namespace, Conntrack>();
  #leg: Drop["leg"] = "forward";
  #hops: Hop[] = [];
  /**
   * True once a packet passed a namespace where a later one of its connection may fare otherwise: connection tracking knew
   * none for it, or a rule there refuses what belongs to one.
   */
  maySplit = false;

  constructor(network: Network, pick = 0) {
    this.#network = network;
    this.#pick = pick;
  }

  /**
   * Sends a packet from a namespace. Where its source address is empty, none could be chosen.
   * @param related for an ICMP error: the connection it is about, as its maker knows it
   * @param hops takes an entry for every interface that sees the packet
   */
  send(from: Namespace, packet: Packet, leg: Drop["leg"], hops: Hop[], related?: Track): Fate {
    this.#leg = leg;
    this.#hops = hops;
    let next = this.#output({ at: from, packet, track: related, steps: [] });
    while (next.kind === "arrived") next = this.#receive(next);
    return next;
  }

  /** The packet is made here (ip_local_out): route, NAT, filter. */
  #output(made: Held): Arrival | Fate {
    const { at, steps } = made;
    let packet = made.packet;
    const route = at.table.lookup(packet.destination);
    const refused = this.#refusal(made, packet, route, true);
    if (refused !== undefined) return refused;
    const out = route.kind === "unicast" ? route.dev : undefined;
    if (packet.source === "") {
      return this.#lost(made, "output", { kind: "no-source-address", interface: out?.name ?? "lo" }, { atCall: true });
    }
    // The socket layer refuses what can't leave whole; what the kernel makes itself is small.
    if (out !== undefined && packet.size > out.mtu && !mayFragment(packet)) {
      const why: Why = { kind: "mtu", mtu: out.mtu, size: packet.size, interface: out.name };
      return this.#lost(made, "output", why, { atCall: true, error: { kind: "fragmentation-needed", mtu: out.mtu } });
    }
    const track = made.track ?? this.#see(at, packet);
    const passage = { out: out?.name ?? "lo" };
    if (track !== undefined) packet = natDestination(at, "OUTPUT", packet, track, passage, this.#pick, steps);
    // ip_route_me_harder: a new destination has a way of its own, but the source address stays.
    const way = packet.destination === made.packet.destination ? route : at.table.lookup(packet.destination);
    const held: Held = { ...made, packet, track };
    const rerouted = this.#refusal(held, packet, way, true);
    // The socket's own lookup had found a way: a SYN that then can't leave is sent again and again (tcp_connect takes no
    // notice), while a datagram's sender is told by sendmsg(2). Seen.
    if (rerouted !== undefined) return packet.protocol === "tcp" ? silently(rerouted) : rerouted;
    const filtered = this.#filter("OUTPUT", held, passage);
    if (filtered !== undefined) return filtered;
    if (way.kind === "unicast") {
      steps.push({ kind: "route", route: way.route });
      return this.#egress(held, way);
    }
    return this.#loop(held);
  }

  /** A namespace sends to itself: over lo, without a link and without PREROUTING's NAT, which OUTPUT's stands for. */
  #loop(made: Held): Arrival | Fate {
    const packet = made.track
      ? natSource(made.at, made.packet, made.track, undefined, made.packet.destination, made.steps)
      : made.packet;
    if (made.track) this.#conntrack(made.at).confirm(packet, made.track);
    this.#seen(made.at, "lo", "out", packet, made.steps);
    const steps: Step[] = [];
    this.#seen(made.at, "lo", "in", packet, steps);
    return this.#input({ at: made.at, packet, track: made.track, steps }, { in: "lo" });
  }

  /** The packet came in by an interface (ip_rcv). */
  #receive({ at, on, packet: arrived, bridged = [], prerouted }: Arrival): Arrival | Fate {
    const ending: Step[] = [...bridged];
    this.#seen(at, on.name, "in", arrived, ending);
    const steps: Step[] = [];
    const track = prerouted ? prerouted.track : this.#see(at, arrived);
    const packet =
      track && !prerouted
        ? natDestination(at, "PREROUTING", arrived, track, { in: on.name }, this.#pick, steps)
        : arrived;
    const held: Held = { at, packet, track, on, steps, ending };
    // IPv4 drops what claims to come from here (fib_validate_source); IPv6 has no such check.
    if (addressVersion(packet.source) === 4 && at.table.holds(packet.source)) {
      return this.#lost(held, "routing", { kind: "martian-source", source: packet.source });
    }
    const way = at.table.lookup(packet.destination);
    if (way.kind === "local") {
      ending.push(...steps);
      return this.#input({ ...held, steps: ending }, { in: on.name });
    }
    return this.#forward(held, way);
  }

  /** The packet is for somebody else (ip_forward). */
  #forward(held: Held, way: Decision): Arrival | Fate {
    const { at, packet, on, steps } = held;
    // Without forwarding nothing is told, not even of a missing route (ip_error).
    if (!at.netns.forwarding) return this.#lost(held, "routing", { kind: "not-forwarding" });
    const refused = this.#refusal(held, packet, way, false);
    if (refused !== undefined) return refused;
    if (way.kind !== "unicast") throw new Error(`a ${way.kind} way can't be forwarded to`);
    if (packet.ttl <= 1) return this.#lost(held, "routing", { kind: "ttl" }, { error: { kind: "time-exceeded" } });
    // Before the filter: a rejecting router still says first that the packet is too large. Seen.
    if (packet.size > way.dev.mtu && !mayFragment(packet)) {
      const why: Why = { kind: "mtu", mtu: way.dev.mtu, size: packet.size, interface: way.dev.name };
      return this.#lost(held, "routing", why, { error: { kind: "fragmentation-needed", mtu: way.dev.mtu } });
    }
    const onward: Held = { ...held, packet: { ...packet, ttl: packet.ttl - 1 } };
    const filtered = this.#filter("FORWARD", onward, { ...(on && { in: on.name }), out: way.dev.name });
    if (filtered !== undefined) return filtered;
    steps.push({ kind: "forward", route: way.route });
    return this.#egress(onward, way);
  }

  /** The packet leaves by an interface: NAT of the source, then the neighbour's link-layer address (ip_finish_output). */
  #egress(held: Held, way: Decision & { kind: "unicast" }): Arrival | Fate {
    const { at, track, steps } = held;
    const { dev, nextHop } = way;
    const packet = track ? natSource(at, held.packet, track, dev, nextHop, steps) : held.packet;
    if (track) this.#conntrack(at).confirm(packet, track);
    if (packet.size > dev.mtu) steps.push({ kind: "fragment", mtu: dev.mtu });
    const leaving: Held = { ...held, packet };
    if (dev.vxlan !== undefined) return this.#tunnel(leaving, dev, dev.vxlan, nextHop);
    const port = this.#network.holder(dev.link, nextHop, at, this.#asksAs(leaving, way));
    if (port === undefined) {
      const why: Why = { kind: "no-neighbour", address: nextHop, link: dev.link };
      return this.#lost(leaving, "neighbour", why, { error: { kind: "host-unreachable" } });
    }
    this.#seen(at, dev.name, "out", packet, steps);
    return this.#cross(leaving, dev, port);
  }

  /** The packet is on a link, on its way to a port of it. A bridge there may have rules of its own to apply. */
  #cross(sent: Held, out: Interface, port: Port): Arrival | Fate {
    const bridge = this.#network.bridgeOf(out.link);
    const ruled = bridge?.at.netns.bridgeNetfilter === true && bridge.at !== sent.at;
    return ruled ? this.#bridge(sent, out, port, bridge) : this.#enter(sent, out, port);
  }

  /**
   * A bridge calls iptables for what passes it (net/bridge/br_netfilter_hooks.c): the packet stays a frame, so no TTL is
   * lowered. Where PREROUTING's NAT gives it a destination on the same bridge, it goes there without being routed. Seen.
   */
  #bridge(sent: Held, out: Interface, port: Port, { at, dev }: Port): Arrival | Fate {
    const steps: Step[] = [];
    const track = this.#see(at, sent.packet);
    const passage = { in: dev.name };
    const packet = track
      ? natDestination(at, "PREROUTING", sent.packet, track, passage, this.#pick, steps)
      : sent.packet;
    const held: Held = { at, packet, track, on: dev, steps };
    let target = port;
    if (packet.destination !== sent.packet.destination) {
      const way = at.table.lookup(packet.destination);
      // It stays on the bridge, yet the lookup that says so is the one for packets to be forwarded. Seen.
      if (way.kind !== "local" && !at.netns.forwarding) return this.#lost(held, "routing", { kind: "not-forwarding" });
      const here = way.kind === "unicast" && way.dev === dev;
      const next = here ? this.#network.holder(dev.link, way.nextHop, at, way.source) : { at, dev };
      if (next === undefined) {
        return this.#lost(held, "neighbour", { kind: "no-neighbour", address: packet.destination, link: dev.link });
      }
      if (next.at === sent.at) return this.#lost(held, "forward", { kind: "same-port", bridge: dev.name });
      target = next;
    }
    if (target.at === at) return { kind: "arrived", at, on: dev, packet, bridged: steps, prerouted: { track } };
    const filtered = this.#filter("FORWARD", held, { ...passage, out: dev.name });
    if (filtered !== undefined) return filtered;
    const leaving = track ? natSource(at, packet, track, dev, packet.destination, steps) : packet;
    if (track) this.#conntrack(at).confirm(leaving, track);
    steps.push({ kind: "bridge", netns: at.id, interface: dev.name });
    return this.#enter({ ...held, packet: leaving }, out, target);
  }

  #enter(sent: Held, out: Interface, port: Port): Arrival | Fate {
    const { packet } = sent;
    const fragmented = packet.size > out.mtu;
    const size = fragmented ? out.mtu : packet.size;
    // A veth takes no frame larger than its own MTU and tells nobody; a bridge's own interface takes any.
    if (port.dev.kind !== "bridge" && size > port.dev.mtu + VLAN_TAG) {
      const why: Why = { kind: "mtu", mtu: port.dev.mtu, size, interface: port.dev.name };
      return this.#lost({ ...sent, at: port.at, on: undefined }, "link", why);
    }
    const bridged = sent.steps.at(-1)?.kind === "bridge" ? { bridged: sent.steps } : {};
    return { kind: "arrived", at: port.at, on: port.dev, packet, ...bridged };
  }

  #tunnel(inner: Held, dev: Interface, vxlan: NonNullable<Interface["vxlan"]>, nextHop: string): Arrival | Fate {
    const { at, packet, steps } = inner;
    const outer = encapsulate(vxlan, packet, nextHop);
    if (outer === undefined) {
      const why: Why = { kind: "no-peer", address: nextHop, vxlan: vxlan.id };
      return this.#lost(inner, "neighbour", why, { error: { kind: "host-unreachable" } });
    }
    this.#seen(at, dev.name, "out", packet, steps);
    // A VTEP that is the sender's own takes the packet at once, whoever its frame is for (vxlan_encap_bypass_if_local).
    if (at.table.holds(outer.destination)) return { kind: "arrived", at, on: dev, packet };
    const made: Held = {
      at,
      packet: outer,
      steps: [{ kind: "encapsulate", vxlan: vxlan.id, vtep: outer.destination }],
    };
    if (nestedTooDeep(outer)) return this.#lost(made, "output", { kind: "tunnel-loop", vxlan: vxlan.id });
    return this.#output(made);
  }

  /** The packet is for this namespace (ip_local_deliver). */
  #input(held: Held, passage: Passage): Arrival | Fate {
    const { at, track, steps } = held;
    const filtered = this.#filter("INPUT", held, passage);
    if (filtered !== undefined) return filtered;
    const packet = track ? translate(held.packet, track, "source", steps) : held.packet;
    if (track) this.#conntrack(at).confirm(packet, track);
    if (packet.vxlan !== undefined) return this.#unwrap({ ...held, packet });
    steps.push({ kind: "deliver" });
    return { kind: "delivered", at, packet, ...(track && { track }) };
  }

  #unwrap(outer: Held): Arrival | Fate {
    const { at, packet, steps } = outer;
    const { id, inner, nextHop } = packet.vxlan!;
    const dev = vtepFor(at, packet);
    if (dev === undefined || !isPeer(dev, packet)) {
      return this.#lost(outer, "link", { kind: "not-the-peer", address: nextHop, vxlan: id });
    }
    steps.push({ kind: "decapsulate", vxlan: id });
    return { kind: "arrived", at, on: dev, packet: inner };
  }

  #refusal(held: Held, packet: Packet, way: Decision, atCall: boolean): Lost | undefined {
    if (way.kind === "none") {
      const why: Why = { kind: "no-route", destination: packet.destination };
      return this.#lost(held, "routing", why, { atCall, error: { kind: "net-unreachable" } });
    }
    if (way.kind !== "refuse") return undefined;
    const kind = REFUSALS[way.type];
    const why: Why = { kind: "route-type", type: way.type, route: way.route };
    return this.#lost(held, "routing", why, { atCall, ...(kind && { error: { kind } }) });
  }

  #filter(chain: FilterRule["chain"], held: Held, passage: Passage): Lost | undefined {
    const { at, packet, track, steps } = held;
    const known = track?.state === "established" || track?.state === "related";
    const rule = at.chains.filter(chain, packet, passage, known);
    if (rule === undefined) return undefined;
    const { action } = rule.rule;
    if (action === "accept") {
      steps.push({ kind: "filter", rule });
      return undefined;
    }
    const place = chain.toLowerCase() as Place;
    // What OUTPUT drops is lost like anything else: TCP sends its SYN again and again, and EPERM from sendmsg(2) says
    // no more than that. Seen.
    // REJECT without --reject-with is icmp-port-unreachable, for TCP too (iptables-extensions(8)).
    const error = action === "reject" ? { error: { kind: "port-unreachable" as const } } : {};
    return this.#lost(held, place, { kind: "filter", action, rule }, error);
  }

  /** The address an ARP request comes from: the packet's own source when it is the asker's (arp_announce 0). */
  #asksAs(held: Held, way: Decision & { kind: "unicast" }): string | undefined {
    if (addressVersion(way.nextHop) === 6) return undefined;
    return held.at.table.holds(held.packet.source) ? held.packet.source : way.source;
  }

  #see(at: Namespace, packet: Packet): Track | undefined {
    if (!at.chains.tracks) return undefined;
    const track = this.#conntrack(at).see(packet);
    if (track.state === "invalid" || at.chains.refusesKnown) this.maySplit = true;
    return track;
  }

  #conntrack(at: Namespace): Conntrack {
    let found = this.#conntracks.get(at);
    if (found === undefined) {
      found = new Conntrack();
      this.#conntracks.set(at, found);
    }
    return found;
  }

  #lost(held: Held, where: Place, why: Why, more: Partial<Pick<Lost, "error" | "atCall">> = {}): Lost {
    const { at, packet, track, on, steps, ending } = held;
    if (ending !== undefined && ending !== steps) ending.push(...steps);
    const seenOn = on && { interface: on.name };
    const drop: Drop = { leg: this.#leg, netns: at.id, node: at.node, ...seenOn, where, why };
    return { kind: "lost", at, packet, ...(track && { track }), drop, atCall: false, ...more };
  }

  #seen(at: Namespace, dev: string, direction: Hop["direction"], packet: Packet, did: Step[]): void {
    const { protocol, message, source, destination, sourcePort, destinationPort, ttl, size, vxlan } = packet;
    const inner = vxlan?.inner;
    this.#hops.push({
      netns: at.id,
      node: at.node,
      interface: dev,
      direction,
      protocol,
      message,
      source,
      destination,
      sourcePort,
      destinationPort,
      ttl,
      size,
      ...(vxlan &&
        inner && {
          inside: {
            vxlan: vxlan.id,
            source: inner.source,
            destination: inner.destination,
            ttl: inner.ttl,
            protocol: inner.protocol,
          },
        }),
      did,
    });
  }
}

function silently({ error: _, ...lost }: Lost): Lost {
  return { ...lost, atCall: false };
}
