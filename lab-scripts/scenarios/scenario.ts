/**
 * A scenario: a stack and what is to be learned from it, step by step. What packets do is never written here: after every
 * step the model's expectations are held against the lab. A step's claims come on top: what the article says, seen by
 * other means than the model's.
 */
import type { LabSpec } from "../../infra/spec/spec.ts";
import type { Report } from "../report/schema.ts";
import type { Trace } from "../trace/trace.ts";

export interface Scenario {
  /** Its own, and its stack's. */
  readonly name: string;
  /** One line: what it shows. */
  readonly shows: string;
  readonly steps: readonly Step[];
}

export interface Step {
  /** In the table at the end. */
  readonly name: string;
  /** One sentence for a learner. */
  readonly say: string;
  /** The lab as configured from this step on, made from what the stack's file says. */
  readonly spec?: (written: LabSpec) => LabSpec;
  /** As on the command line: `link-down host02`. Healed at the end of the step. */
  readonly fault?: string;
  /** Asked every 50 ms: across a fault that passes by itself, or from the healing's begin to the first answer. */
  readonly watch?: Watched;
  /** While the fault lasts; without one, in the healthy lab. */
  readonly claims?: readonly Claim[];
  /** After the healing. */
  readonly healed?: readonly Claim[];
}

export interface Watched {
  /** A pod or a node. */
  readonly from: string;
  readonly to: string;
  /** TCP; an echo request when absent. */
  readonly port?: number;
  /** True: not one answer may be missing. */
  readonly uninterrupted?: boolean;
  /** True: asked from the fault on as well, until a node on the way says that it has no route any more. */
  readonly withdrawal?: boolean;
}

export interface Claim {
  readonly says: string;
  /** Asked before the step's fault; the answer goes to `differs`. */
  before?(scene: Scene): Promise<string>;
  /** What is otherwise than claimed, in words for a learner; undefined when the claim holds. */
  differs(scene: Scene, before: string): Promise<string | undefined> | string | undefined;
}

/** What a claim can look at. */
export interface Scene {
  /** What was just seen of it. */
  readonly report: Pick<Report, "checks">;
  /** Runs a command of the shell in a node (`host01`) or in a container of a pod (`host01/web:app`). */
  run(where: string, command: string): Promise<Said>;
  /** One echo request, captured on every interface of the lab. */
  walk(from: string, to: string): Promise<Trace>;
  /** A line for the learner beside the claim. */
  show(line: string): void;
}

export interface Said {
  readonly exitCode: number;
  /** Standard output and error, trimmed. */
  readonly text: string;
}
