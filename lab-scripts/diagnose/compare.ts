/** The packet's real path beside the model's: the first place where they part. */
import type { Hop } from "../../infra/packet/hop.ts";
import type { Sighting } from "./events.ts";

/** A part of a probe's path that is told from the others in a capture. */
export interface Leg {
  readonly name: "question" | "answer";
  /** What of a TCP connection it is; absent for what opens it. */
  readonly of?: "data" | "end";
  readonly expected: readonly Hop[];
  readonly seen: readonly Sighting[];
}

export type Parting = {
  readonly leg: Leg;
  /** Index of the first hop that is not as expected. */
  readonly at: number;
} & (
  | { readonly kind: "ended" }
  /** At the expected place, but with other addresses, TTL or meaning. */
  | { readonly kind: "altered"; readonly seen: Sighting; readonly field: "source" | "destination" | "ttl" | "message" }
  | { readonly kind: "elsewhere"; readonly seen: Sighting }
  /** It went on where the model says that it ends. */
  | { readonly kind: "beyond"; readonly seen: Sighting }
);

export function compare(leg: Leg): Parting | undefined {
  const { expected, seen } = leg;
  for (const [at, hop] of expected.entries()) {
    const one = seen[at];
    if (one === undefined) return { leg, at, kind: "ended" };
    if (one.netns !== hop.netns || one.dev !== hop.interface || one.direction !== hop.direction) {
      return { leg, at, kind: "elsewhere", seen: one };
    }
    const field = (["source", "destination", "ttl"] as const).find((name) => one[name] !== hop[name]);
    if (field) return { leg, at, kind: "altered", seen: one, field };
    if (!sameMessage(hop.message, one.message)) return { leg, at, kind: "altered", seen: one, field: "message" };
  }
  const more = seen[expected.length];
  return more && { leg, at: expected.length, kind: "beyond", seen: more };
}

function sameMessage(expected: string, seen: string): boolean {
  return expected === seen || seen === "data" || expected === "data";
}
