/** A packet in a namespace, with the interfaces by the plan's names. */

import type { Hop } from "../../infra/packet/hop.ts";
import type { Route } from "../../infra/packet/netns.ts";
import { arrivedWith, type Header, type Port, routed, routeOf } from "./section.ts";

export interface Held {
  readonly netns: string;
  readonly kind: "through" | "made" | "delivered";
  readonly packet: Header;
  /** Absent where it came with the same. */
  readonly arrived?: Header | undefined;
  readonly in?: string | undefined;
  readonly out?: string | undefined;
}

/** The hooks that it passes. */
export const HOOKS: Readonly<Record<Held["kind"], readonly string[]>> = {
  through: ["PREROUTING", "FORWARD", "POSTROUTING"],
  made: ["OUTPUT", "POSTROUTING"],
  delivered: ["PREROUTING", "INPUT"],
};

/** One that is to leave, and where the model sends it. */
export interface Onward extends Held {
  readonly kind: "through" | "made";
  /** The model's. */
  readonly route?: Route | undefined;
  /** Who is meant to receive it next. */
  readonly next?: Port | undefined;
  /** Bytes. */
  readonly size: number;
}

/** The packet as it was in the namespace that hop `at` leaves. */
export function onward(expected: readonly Hop[], at: number): Onward {
  const hop = expected[at]!;
  const before = at > 0 ? expected[at - 1] : undefined;
  const next = expected[at + 1];
  return {
    netns: hop.netns,
    kind: before ? "through" : "made",
    packet: routed(before, hop),
    arrived: arrivedWith(expected, at),
    in: before?.interface,
    out: hop.interface,
    route: routeOf(hop),
    next: next && { netns: next.netns, dev: next.interface },
    size: hop.size,
  };
}
