/**
 * A fault: something that is broken on purpose, can be undone, and whose effect on every packet is known beforehand.
 * To add one, write it like those in links.ts and list it in faults.ts; injecting, healing, expectations and scenarios
 * need no change.
 */
import type { LabPlan } from "../../infra/plan/plan.ts";

export interface Fault {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  /** What follows the name on the command line: `HOST`, `NODE PERCENT`. */
  readonly usage: string;
  /**
   * The fault on a target. Nothing is done yet.
   * @throws Failure (exit code 3) naming what would do, for a target or value that won't
   */
  aim(plan: LabPlan, args: readonly string[]): Aimed;
}

export interface Aimed {
  /** What is done, as a sentence: `host02's eth0 is taken down`. */
  readonly says: string;
  readonly acts: readonly Act[];
  /** The model's side, pure: the namespaces changed as the fault changes the kernel. Expectations are computed from it. */
  effect(plan: LabPlan): LabPlan;
  /**
   * Somebody is gone from a link. Neighbours would go on sending to it for up to a minute before they notice; they are made
   * to forget it at once, so that what is seen is where the lab settles.
   */
  readonly leavesLink?: boolean;
  /** Over by itself: nothing stays that could be undone. */
  readonly passes?: boolean;
  /** Namespaces that no probe can start in while it lasts: there is nobody to ask. */
  readonly unasked?: readonly string[];
  /** Containers (`host01/web:app`) that don't run while it lasts: there is nothing to read off them. */
  readonly unread?: readonly string[];
  /** Why the pairs can't be foretold one by one; absent when they can. */
  readonly unproved?: string;
}

export type Act = Inside | Outside;

/** Lines of shell for a node, with device_of.sh at hand. `undo` may run twice, or when nothing is there. */
export interface Inside {
  readonly node: string;
  readonly inject: readonly string[];
  /** Only what the node's agent would not undo by itself. */
  readonly undo?: readonly string[];
}

/** The node's container is stopped. No note is needed: a container of a lab that doesn't run is started again. */
export interface Outside {
  readonly stop: string;
}

/** What a fault has that changes no kernel state for good. */
export const unchanged = (plan: LabPlan): LabPlan => plan;
