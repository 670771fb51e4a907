/**
 * A kind of pod network: what it adds to each node. To add one, write a module like routed.ts, list it in kinds.ts and in
 * spec/networks.ts and give it a stack; the agent, packet walk, expectations and probes need no change.
 */
import type { ResolvedHost, ResolvedLab } from "../../spec/resolvedLab.ts";
import type { Fragment } from "../fragment.ts";
import type { PodPlan } from "../plan.ts";

export interface NetworkKind {
  /** The host's way to its own pods and to those of others. */
  host(lab: ResolvedLab, host: ResolvedHost): readonly Fragment[];
  /** What the router knows of pods. */
  router(lab: ResolvedLab): readonly Fragment[];
  /** A pod's interfaces and routes, seen from inside. */
  pod(lab: ResolvedLab, host: ResolvedHost, pod: PodPlan): readonly Fragment[];
}
