/** NAT that gave a packet another destination than the model's. */
import type { Cause } from "./cause.ts";
import type { Held } from "./held.ts";
import { isPlanned } from "./planned.ts";
import { type CountedRule, mayMatch, ruleEvidence, ruleWords } from "./rules.ts";
import type { Scene } from "./scene.ts";
import type { Section } from "./section.ts";

const TARGETS = new Set(["DNAT", "REDIRECT", "NETMAP"]);

/** The rule that diverted packets like this one while the probes were repeated. @param but what came of it, for the sentence */
export function diverted(scene: Scene, held: Pick<Held, "netns" | "packet" | "in">, but = ""): Cause | undefined {
  const { netns } = held;
  const rule = scene
    .rules(netns)
    .find(
      (one) =>
        TARGETS.has(one.target) && one.after > one.before && meets(scene, one, held) && !isPlanned(scene, netns, one),
    );
  if (!rule) return undefined;
  return {
    key: `diverted ${netns} ${rule.text}`,
    netns,
    text: `${netns} rewrites its destination by its ${rule.chain} rule "${ruleWords(rule)}"${but}`,
    evidence: [`${netns}: ${ruleEvidence(rule)}`],
    covers: (section) => section.kind !== "link" && section.netns === netns && meets(scene, rule, section),
  };
}

function meets(
  scene: Scene,
  rule: CountedRule,
  { netns, packet, in: dev }: Pick<Held, "netns" | "packet" | "in"> | Exclude<Section, { kind: "link" }>,
): boolean {
  return mayMatch(rule, { ...packet, in: dev === undefined ? undefined : scene.kernelName(netns, dev) });
}
