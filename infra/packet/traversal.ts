/** What the packets of one walk have in common: the network, the connections that namespaces remember, and what was seen. */
import { Conntrack, type Track } from "./conntrack.ts";
import type { Held, Lost } from "./held.ts";
import type { Drop, Hop, Place, Step, Why } from "./hop.ts";
import type { Namespace, Network } from "./network.ts";
import type { Packet } from "./packet.ts";

/** The namespaces' connection tracking lasts as long as this object. */
export class Traversal {
  readonly network: Network;
  readonly #pick: number;
  /** Endpoints that a rule had to choose from; 1 where none had to. */
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
  constructor(network: Network, pick: number) {
    this.network = network;
    this.#pick = pick;
  }

  /** One of a rule's endpoints: the same one for every packet of the walk. */
  choose<Endpoint>(endpoints: readonly Endpoint[]): Endpoint | undefined {
    this.choices = Math.max(this.choices, endpoints.length);
    return endpoints[this.#pick % endpoints.length];
  }

  /** From now on `hops` takes an entry for every interface that sees a packet. */
  begin(leg: Drop["leg"], hops: Hop[]): void {
    this.#leg = leg;
    this.#hops = hops;
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
