/** A packet on its way: inside a namespace, between two, arrived, or lost. */

import type { Track } from "./conntrack.ts";
import type { Drop, Step } from "./hop.ts";
import type { Interface } from "./netns.ts";
import type { Namespace } from "./network.ts";
import type { IcmpErrorKind, Packet } from "./packet.ts";

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

/** Came in by an interface. */
export interface Arrival {
  readonly kind: "arrived";
  readonly at: Namespace;
  readonly on: Interface;
  readonly packet: Packet;
  /** What a bridge with rules did to it on the link. */
  readonly bridged?: readonly Step[];
  /** That bridge is this namespace's own: PREROUTING has been, and this is what conntrack made of it. */
  readonly prerouted?: { readonly track?: Track | undefined };
}

/** A packet that a namespace makes itself and has yet to find a way for. */
export interface Made {
  readonly kind: "made";
  readonly held: Held;
}

/** What becomes of a packet next. */
export type Next = Made | Arrival | Fate;

/** A packet inside a namespace. */
export interface Held {
  readonly at: Namespace;
  readonly packet: Packet;
  readonly track?: Track | undefined;
  readonly on?: Interface | undefined;
  /** What was done to it since it came in; goes to the hop by which it leaves. */
  readonly steps: Step[];
  /** The steps of the hop by which it came in: what was done is told there when it never leaves. */
  readonly ending?: Step[];
}
