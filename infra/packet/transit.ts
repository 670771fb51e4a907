/** One packet's way from the namespace that makes it to the one that takes it, or to where it ends, as Linux would move it. */
import type { Track } from "./conntrack.ts";
import type { Fate, Next } from "./held.ts";
import type { Drop, Hop } from "./hop.ts";
import { output, receive } from "./ip.ts";
import type { Namespace, Network } from "./network.ts";
import type { Packet } from "./packet.ts";
import { Traversal } from "./traversal.ts";

/** Moves the packets of one walk; the namespaces' connection tracking lasts as long as this object. */
export class Transit {
  readonly #traversal: Traversal;

  constructor(network: Network, pick = 0) {
    this.#traversal = new Traversal(network, pick);
  }

  /** Endpoints that a rule chose from: as many walks of the same question may end differently. */
  get choices(): number {
    return this.#traversal.choices;
  }

  /** True once a packet passed where a later one of its connection may fare otherwise. */
  get maySplit(): boolean {
    return this.#traversal.maySplit;
  }

  /**
   * Sends a packet from a namespace. Where its source address is empty, none could be chosen.
   * @param related for an ICMP error: the connection it is about, as its maker knows it
   * @param hops takes an entry for every interface that sees the packet
   */
  send(from: Namespace, packet: Packet, leg: Drop["leg"], hops: Hop[], related?: Track): Fate {
    this.#traversal.begin(leg, hops);
    let next: Next = { kind: "made", held: { at: from, packet, track: related, steps: [] } };
    for (;;) {
      if (next.kind === "made") next = output(this.#traversal, next.held);
      else if (next.kind === "arrived") next = receive(this.#traversal, next);
      else return next;
    }
  }
}
