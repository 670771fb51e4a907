/** A cause, and everything that failed because of it. */
import type { LabPlan } from "../../infra/plan/plan.ts";
import { type Cause, nodeOf, placeText } from "./cause.ts";

export interface Finding {
  /** One line: where the packet was last seen, and why it ended there. */
  readonly cause: string;
  /** The node to look at, or `the machine`. */
  readonly node: string;
  /** Where in it: `router`, `host01 eth0`, `router (host01-net)`, `host01/web eth0`. */
  readonly place: string;
  /** What the kernels said: a table's line, a rule with its counter, a neighbour's state. */
  readonly evidence: readonly string[];
  /** Ids of the checks that share it. */
  readonly checks: readonly string[];
}

/** No node is called so: their names have no space. */
const THE_MACHINE = "the machine";

/** A finding while checks are still added to it. */
export class Finder {
  readonly cause: Cause;
  #story: string;
  readonly #evidence = new Set<string>();
  readonly #checks = new Set<string>();

  constructor(cause: Cause, story = "") {
    this.cause = cause;
    this.#story = story;
    this.support(cause.evidence);
  }

  support(evidence: readonly string[]): void {
    for (const line of evidence) this.#evidence.add(line);
  }

  /** A story of the question is simpler than one of its answer. */
  tell(story: string): void {
    if (this.#story.startsWith("the answer") && !story.startsWith("the answer")) this.#story = story;
  }

  add(check: string): void {
    this.#checks.add(check);
  }

  finding(plan: LabPlan): Finding {
    const { netns, dev, text, machine } = this.cause;
    return {
      cause: this.#story ? `${this.#story}: ${text}` : text,
      node: machine ? THE_MACHINE : nodeOf(plan, netns),
      place: machine ? THE_MACHINE : placeText(plan, netns, dev),
      evidence: [...this.#evidence],
      checks: [...this.#checks],
    };
  }
}
