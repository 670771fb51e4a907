/** The trace of one packet: its path as captured, with the model's beside it: what `npm run walk -- … --json` prints (walk.schema.json). */

import type { Message, Protocol } from "../../infra/packet/packet.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";

export const WALK_SCHEMA = "podlab-walk/1";

export interface Legs {
  readonly question: Leg;
  /** The path back: of the answer, or of an ICMP error about the question. */
  readonly answer: Leg;
}

export interface Trace extends Legs {
  readonly schema: typeof WALK_SCHEMA;
  readonly lab: string;
  readonly startedAt: string;
  readonly asked: Asked;
  /** What the sender's socket got. */
  readonly outcome: Outcome;
  /** What it gets by the model. */
  readonly modelled: Outcome;
  /** Same places in the same order, same headers at each, same outcome. */
  readonly asModelled: boolean;
  /** From the first sighting to the last one of the path back. */
  readonly roundTripMs?: number;
  /** Why the packet ended on its path, or took another one than the model's. */
  readonly why?: Why;
  /** Namespaces that could not be captured in, and why: what passed there is not known. */
  readonly blind: readonly string[];
}

/** The packet that was sent. */
export interface Asked {
  /** `host01/web`, `host01`, `router` … */
  readonly from: string;
  /** As it was written: a name, or an address. */
  readonly to: string;
  readonly address: string;
  readonly protocol: Protocol;
  readonly port?: number;
  /** Bytes of the whole IP packet. */
  readonly size: number;
  readonly df: boolean;
  /** By which the packet is known wherever it is seen: in its payload; of TCP the first sequence number. */
  readonly mark: string;
}

export interface Leg {
  readonly kind: "question" | "answer" | "error";
  readonly steps: readonly Step[];
}

/** One interface that the packet passed. */
export interface Step extends Header {
  /** Against the model: `same`; `altered`: this place, another header; `extra`: only captured; `unseen`: only modelled. */
  readonly model: "same" | "altered" | "extra" | "unseen";
  readonly node: string;
  readonly netns: string;
  /** The plan's name of it. */
  readonly interface: string;
  readonly direction: "in" | "out";
  /** Nanoseconds since 1970, as text; absent when unseen. */
  readonly at?: string;
  /** Ports of bridges that saw it before this interface did. */
  readonly ports?: readonly Port[];
  /** By the model, where it agrees: routes, rules, encapsulation. */
  readonly did: readonly string[];
  /** What the model says the header is, where that differs. */
  readonly modelled?: Header;
}

export interface Port {
  readonly netns: string;
  readonly bridge: string;
  /** The kernel's name. */
  readonly port: string;
}

/** A packet's header at one place. */
export interface Header {
  readonly protocol: Protocol;
  readonly message: Message;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly ttl: number;
  readonly size: number;
  /** Of an outer packet: the tunnel, and the packet inside. */
  readonly inside?: Omit<Header, "inside" | "size"> & { readonly vxlan: number };
  /** Of an ICMP error. */
  readonly error?: { readonly type?: number; readonly code?: number; readonly means: Outcome; readonly mtu?: number };
}

export interface Why {
  /** Where it was last seen, or what was otherwise than modelled. */
  readonly story?: string;
  /** With the node, route or rule that decided. */
  readonly cause: string;
  /** What the kernels said. */
  readonly evidence: readonly string[];
}
