/** What was proved of a lab, and what of that still stands. */

import type { LeftOut } from "./report/report.ts";

/** One of another version is none. */
export const PROOF_VERSION = 3;

/** A lab as its engine, its plan and Pulumi know it: every node's fingerprint changes when anything of it or in it does. */
export interface LabState {
  /** podlab itself: another program may expect other things. */
  readonly program: string;
  /** When a node was last started, woken or plugged in again by Pulumi; empty when none ever was. */
  readonly mended: string;
  readonly nodes: Readonly<Record<string, string>>;
  /** The same of what is planned alone, which is known before anything is done. */
  readonly planned: Readonly<Record<string, string>>;
}

export interface Proof extends LabState {
  readonly version: typeof PROOF_VERSION;
  /** ISO 8601: when the whole matrix was last probed. All of it passed, and since then all that a change concerned. */
  readonly wholeAt: string;
  /** Of that matrix. */
  readonly total: number;
  /** What a limit leaves out of it: that was never probed, and no `ways` tell of it. */
  readonly leftOut: readonly LeftOut[];
  /** By the nodes that packets come through (`host01 host02 router`), the pairs whose packets come through these. */
  readonly ways: Readonly<Record<string, readonly string[]>>;
}

/** As a proof keeps them. */
export function keptWays(ways: ReadonlyMap<string, ReadonlySet<string>>): Proof["ways"] {
  const kept = Map.groupBy(ways, ([, nodes]) => [...nodes].sort().join(" "));
  return Object.fromEntries([...kept].map(([nodes, pairs]) => [nodes, pairs.map(([pair]) => pair)]));
}

/** By pair, the nodes that its packets come through. */
export function waysOf({ ways }: Proof): Map<string, ReadonlySet<string>> {
  return new Map(
    Object.entries(ways).flatMap(([nodes, pairs]) => {
      const through = new Set(nodes.split(" "));
      return pairs.map((pair) => [pair, through] as const);
    }),
  );
}

/**
 * The nodes that are not as they were when all passed, new ones among them; undefined when nothing of the proof is worth
 * anything any more: another program, a node that is gone, or was mended.
 */
export function changedSince(proof: Proof, now: LabState): ReadonlySet<string> | undefined {
  if (proof.program !== now.program || proof.mended !== now.mended) return undefined;
  if (Object.keys(proof.nodes).some((name) => now.nodes[name] === undefined)) return undefined;
  return different(proof.nodes, now.nodes);
}

/** The nodes that are in `now` and not the same in `before`. */
export function different(before: LabState["nodes"], now: LabState["nodes"]): ReadonlySet<string> {
  return new Set(Object.keys(now).filter((name) => now[name] !== before[name]));
}
