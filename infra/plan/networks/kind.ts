/**
 * A kind of pod network: what it adds to each node. To add one, write a module like routed.ts, list it in names.ts and kinds.ts and
 * give it a stack; components, walk, expectations and probes need no change.
 */

import type { ResolvedHost, ResolvedLab } from "../../spec/resolvedLab.ts";
import type { Piece } from "../piece.ts";
import type { PodPlan } from "../plan.ts";

export interface NetworkKind {
  /** The pod subnet of every host, where the kind leaves no choice. */
  readonly podSubnet?: string;
  /** True when it connects pods by IPv6 as well, in a lab that has it. */
  readonly ipv6?: boolean;
  /** The host's way to its own pods and to those of others. */
  host(lab: ResolvedLab, host: ResolvedHost, pods: readonly PodPlan[]): readonly Piece[];
  /** What the router knows of pods. */
  router(lab: ResolvedLab): readonly Piece[];
  /** A pod's interfaces and routes, seen from inside. */
  pod(lab: ResolvedLab, host: ResolvedHost, pod: PodPlan): readonly Piece[];
}
