/** NAT that gave a packet another destination than the model's. */
import type { Cause } from "./cause.ts";
import { isPlanned } from "./planned.ts";
import { listed, ruleEvidence } from "./rules.ts";
import type { Scene } from "./scene.ts";
import type { Held } from "./section.ts";

const TARGETS = new Set(["DNAT", "REDIRECT", "NETMAP"]);

type Came = Pick<Held, "netns" | "packet" | "in">;

/** The rule that diverted packets like this one while the probes were repeated. @param but what came of it, for the sentence */
export function diverted(scene: Scene, held: Came, but = ""): Cause | undefined {
  const { netns } = held;
  const rule = scene.counted(came(held)).find((one) => TARGETS.has(one.target) && !isPlanned(scene, netns, one));
  if (!rule) return undefined;
  return {
    key: `diverted ${netns} ${listed(rule)}`,
    netns,
    text: `${netns} rewrites its destination by its ${rule.chain} rule "${rule.text}"${but}`,
    evidence: [`${netns}: ${ruleEvidence(rule)}`],
    covers: (section) => section.kind !== "link" && section.netns === netns && scene.mayMatch(rule, came(section)),
  };
}

/** Where it goes out is decided by its new destination. */
const came = ({ netns, packet, in: dev }: Came): Came => ({ netns, packet, in: dev });
