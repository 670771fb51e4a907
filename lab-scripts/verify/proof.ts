/** What was proved of a lab, and what of that still stands. */

/** A lab as its engine, its plan and Pulumi know it: every node's fingerprint changes when anything of it or in it does. */
export interface LabState {
  /** podlab itself: another program may expect other things. */
  readonly program: string;
  /** When a node was last started, woken or plugged in again by Pulumi; empty when none ever was. */
  readonly mended: string;
  readonly nodes: Readonly<Record<string, string>>;
}

export interface Proof extends LabState {
  readonly version: 1;
  /** ISO 8601: when the whole matrix was last probed. All of it passed, and since then all that a change concerned. */
  readonly wholeAt: string;
  /** Of that matrix. */
  readonly total: number;
}

/**
 * The nodes that are not as they were when all passed, new ones among them; undefined when nothing of the proof is worth
 * anything any more: another program, a node that is gone, or was mended.
 */
export function changedSince(proof: Proof, now: LabState): ReadonlySet<string> | undefined {
  if (proof.version !== 1 || proof.program !== now.program || proof.mended !== now.mended) return undefined;
  if (Object.keys(proof.nodes).some((name) => now.nodes[name] === undefined)) return undefined;
  return new Set(Object.keys(now.nodes).filter((name) => now.nodes[name] !== proof.nodes[name]));
}
