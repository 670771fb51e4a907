/**
 * Moves the packets of one walk as Linux would, each from the namespace that makes it to the one that takes it, or to where it ends.
 * The packets have the network in common, the connections that namespaces remember, and what was seen.
 */
import { Conntrack, type Track } from "./conntrack.ts";
import type { Fate, Held, Lost, Next } from "./held.ts";
import type { Drop, Hop, Place, Step, Why } from "./hop.ts";
import { output, receive } from "./ip.ts";
import type { Namespace, Network } from "./network.ts";
import type { Packet } from "./packet.ts";

/** The namespaces' connection tracking lasts as long as this object. */
export class Traversal {
  readonly network: Network;
  readonly #pick: number;
  /** Endpoints that a rule had to choose from: as many walks of the same question may end differently. 1 where none had to. */
  choices = 1;
  readonly #conntracks = new Map<Namespace, Conntrack>();
  #leg: Drop["leg"] = "forward";
  #hops: Hop[] = [];
  /**
   * True once a packet passed a namespace where a later one of its connection may fare otherwise: connection tracking knew
   * none for it, or a rule there refuses what belongs to one.
   */
  maySplit = false;

  /** @param pick where a rule spreads connections over several endpoints: which one, counted from 0 */
  constructor(network: Network, pick = 0) {
    this.network = network;
    this.#pick = pick;
  }

  /** One of a rule's endpoints: the same one for every packet of the walk. */
  choose<Endpoint>(endpoints: readonly Endpoint[]): Endpoint | undefined {
    this.choices = Math.max(this.choices, endpoints.length);
    return endpoints[this.#pick % endpoints.length];
  }

  /**
   * Sends a packet from a namespace. Where its source address is empty, none could be chosen.
   * @param related for an ICMP error: the connection it is about, as its maker knows it
   * @param hops takes an entry for every interface that sees the packet
   */
  send(from: Namespace, packet: Packet, leg: Drop["leg"], hops: Hop[], related?: Track): Fate {
    this.#leg = leg;
    this.#hops = hops;
    let next: Next = { kind: "made", held: { at: from, packet, track: related, steps: [] } };
    for (;;) {
      if (next.kind === "made") next = output(this, next.held);
      else if (next.kind === "arrived") next = receive(this, next);
      else return next;
    }
  }

  /** At PREROUTING or OUTPUT: what connection tracking makes of the packet, where the namespace has any. */
  see(at: Namespace, packet: Packet): Track | undefined {
    const { tracks, refusesKnown } = at.chains.of(packet);
    if (!tracks) return undefined;
    const track = this.#conntrack(at).see(packet);
    if (track.state === "invalid" || refusesKnown) this.maySplit = true;
    return track;
  }

  /** At POSTROUTING or INPUT, after NAT: from now on others find the packet's connection. */
  confirm(at: Namespace, packet: Packet, track: Track): void {
    this.#conntrack(at).confirm(packet, track);
  }

  #conntrack(at: Namespace): Conntrack {
    let found = this.#conntracks.get(at);
    if (found === undefined) {
      found = new Conntrack();
      this.#conntracks.set(at, found);
    }
    return found;
  }

  /** The packet ends here. */
  lost(held: Held, where: Place, why: Why, more: Partial<Pick<Lost, "error" | "atCall">> = {}): Lost {
    const { at, packet, track, on, steps, ending } = held;
    if (ending !== undefined && ending !== steps) ending.push(...steps);
    const seenOn = on && { interface: on.name };
    const drop: Drop = { leg: this.#leg, netns: at.id, node: at.node, ...seenOn, where, why };
    return { kind: "lost", at, packet, ...(track && { track }), drop, atCall: false, ...more };
  }

  /** An interface sees the packet. */
  seen(at: Namespace, dev: string, direction: Hop["direction"], packet: Packet, did: Step[]): void {
    const { protocol, message, source, destination, sourcePort, destinationPort, ttl, size, vxlan } = packet;
    const hop = {
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
      did,
    };
    this.#hops.push(vxlan === undefined ? hop : { ...hop, inside: insideOf(vxlan) });
  }
}

function insideOf({ id, inner }: NonNullable<Packet["vxlan"]>): NonNullable<Hop["inside"]> {
  const { source, destination, ttl, protocol } = inner;
  return { vxlan: id, source, destination, ttl, protocol };
}
