/** Rules that dropped or rejected a packet: those that counted while the probes were repeated, and may match it. */
import type { Cause } from "./cause.ts";
import { type Held, HOOKS } from "./held.ts";
import { isPlanned, missingRule } from "./planned.ts";
import { type CountedRule, mayMatch, ruleEvidence, ruleWords } from "./rules.ts";
import type { Scene } from "./scene.ts";
import type { Header, Port, Section } from "./section.ts";

const BUILT_IN = new Set(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);
const TABLES = new Set(["raw", "mangle", "filter", "security"]);
const ENDS = new Set(["DROP", "REJECT"]);

/** The rule that ended a packet; undefined when none did. @param what was ended, for the sentence */
export function filtered(scene: Scene, held: Held, what = "it"): Cause | undefined {
  const rule = scene
    .rules(held.netns)
    .find((one) => ENDS.has(one.target) && one.after > one.before && fits(scene, one, held));
  if (!rule) return undefined;
  const { netns } = held;
  // What the plan drops it for want of another rule that should have let it pass before.
  const missing = isPlanned(scene, netns, rule) ? missingRule(scene, held) : undefined;
  if (missing) return { ...missing, evidence: [...missing.evidence, `${netns}: ${ruleEvidence(rule)}`] };
  const verb = rule.target === "DROP" ? "drops" : "rejects";
  const by = rule.number === 0 ? `policy "${rule.text}"` : `rule "${ruleWords(rule)}"`;
  return {
    key: `rule ${netns} ${rule.table} ${rule.text}`,
    netns,
    text: `${netns} ${verb} ${what} by its ${rule.chain} ${by}`,
    evidence: [`${netns}: ${ruleEvidence(rule)}`],
    covers: (section) => section.kind !== "link" && section.netns === netns && fits(scene, rule, section),
  };
}

/** The rule of a bridge's namespace that ended a packet on its way from port to port (bridge-nf-call-iptables). */
export function filteredOnBridge(scene: Scene, { netns, dev }: Port, packet: Header): Cause | undefined {
  const held = (one: Header): Held => ({ netns, kind: "through", packet: one, in: dev, out: dev });
  const cause = filtered(scene, held(packet));
  const link = scene.interface(netns, dev)?.link;
  return (
    cause && {
      ...cause,
      dev,
      covers: (section) =>
        section.kind === "link"
          ? section.link === link &&
            cause.covers({ ...held(section.packet), kind: "through", leg: section.leg } as Section)
          : cause.covers(section),
    }
  );
}

function fits(scene: Scene, rule: CountedRule, held: Held | Exclude<Section, { kind: "link" }>): boolean {
  if (!TABLES.has(rule.table)) return false;
  if (BUILT_IN.has(rule.chain) && !HOOKS[held.kind].includes(rule.chain)) return false;
  const kernel = (dev: string | undefined) => (dev === undefined ? undefined : scene.kernelName(held.netns, dev));
  return mayMatch(rule, { ...held.packet, in: kernel(held.in), out: kernel(held.out) });
}
