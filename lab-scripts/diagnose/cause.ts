/** Why a packet ended, was altered or went elsewhere. */
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { Section } from "./section.ts";

export interface Cause {
  /** The same for everything that has this cause. */
  readonly key: string;
  /** The namespace that is to blame. */
  readonly netns: string;
  /** Its interface, by the plan's name, where one is to blame. */
  readonly dev?: string | undefined;
  /** Not the lab but the machine that it runs on is to blame, there. */
  readonly machine?: true;
  /** What is wrong, as the end of a sentence: `router has no route to 192.168.30.0/24`. */
  readonly text: string;
  readonly evidence: readonly string[];
  /** Whether a packet that takes this section meets it. */
  readonly covers: (section: Section) => boolean;
}

/** `host01 eth0`, `router (host01-net)`: the router's interfaces are called by their segments. */
export function placeText(plan: LabPlan, netns: string, dev?: string): string {
  if (dev === undefined || dev === "lo") return netns;
  const router = plan.netns.some(({ id, role }) => id === netns && role === "router");
  return router ? `${netns} (${dev})` : `${netns} ${dev}`;
}

export function nodeOf(plan: LabPlan, netns: string): string {
  return plan.netns.find(({ id }) => id === netns)?.node ?? netns;
}
