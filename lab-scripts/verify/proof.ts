/** What was proved of a lab, and what of that still stands. */

import type { LeftOut } from "./report/report.ts";

/** One of another version is none. */
export const PROOF_VERSION = 4;

/**
 * A lab as its engine, its plan and Pulumi know it, by node and by pod: a fingerprint changes when anything of that part does. What
 * its pods have of their own is not a node's.
 */
export interface LabState {
  /** podlab itself: another program may expect other things. */
  readonly program: string;
  /** When a node was last started, woken or plugged in again by Pulumi; empty when none ever was. */
  readonly mended: string;
  readonly parts: Readonly<Record<string, string>>;
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
 * The nodes and pods that are not as they were when all passed, those among them that are new or gone; undefined when nothing of
 * the proof is worth anything any more: another program, a node that is gone, or was mended.
 */
export function changedSince(proof: Proof, now: LabState): ReadonlySet<string> | undefined {
  if (proof.program !== now.program || proof.mended !== now.mended) return undefined;
  if (Object.keys(proof.parts).some((name) => !isPod(name) && now.parts[name] === undefined)) return undefined;
  return different(proof.parts, now.parts);
}

/**
 * The parts that are not the same before and now. What others' packets ended in, behind a service, may be a pod that is another
 * now: its node counts as changed, too. A pod that is new was nobody's way, and to one that is gone none leads any more.
 */
export function different(before: LabState["parts"], now: LabState["parts"]): ReadonlySet<string> {
  const all = new Set([...Object.keys(before), ...Object.keys(now)]);
  const others = [...all].filter((name) => now[name] !== before[name]);
  const remade = others.filter((name) => isPod(name) && before[name] !== undefined && now[name] !== undefined);
  return new Set([...others, ...remade.map(nodeOf)]);
}

/** As podId has it (infra/spec/names.ts). */
const isPod = (name: string): boolean => name.includes("/");
const nodeOf = (pod: string): string => pod.slice(0, pod.indexOf("/"));
