/** Rules that dropped or rejected a packet: those that counted while the probes were repeated, and may match it. */
import type { Cause } from "./cause.ts";
import { HOOKS, isPlanned, missingRule } from "./planned.ts";
import { type CountedRule, listed, ruleEvidence } from "./rules.ts";
import type { Scene } from "./scene.ts";
import type { Header, Held, Port } from "./section.ts";

const BUILT_IN = new Set(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);
const TABLES = new Set(["raw", "mangle", "filter", "security"]);
const ENDS = new Set(["DROP", "REJECT"]);

/** The rule that ended a packet; undefined when none did. @param what was ended, for the sentence */
export function filtered(scene: Scene, held: Held, what = "it"): Cause | undefined {
  const rule = scene.counted(held).find((one) => ENDS.has(one.target) && isMet(one, held));
  if (!rule) return undefined;
  const { netns } = held;
  // What the plan drops it for want of another rule that should have let it pass before.
  const missing = isPlanned(scene, netns, rule) ? missingRule(scene, held) : undefined;
  if (missing) return { ...missing, evidence: [...missing.evidence, `${netns}: ${ruleEvidence(rule)}`] };
  const verb = rule.target === "DROP" ? "drops" : "rejects";
  const by = rule.number === 0 ? `policy "${listed(rule)}"` : `rule "${rule.text}"`;
  return {
    key: `rule ${netns} ${rule.table} ${listed(rule)}`,
    netns,
    text: `${netns} ${verb} ${what} by its ${rule.chain} ${by}`,
    evidence: [`${netns}: ${ruleEvidence(rule)}`],
    covers: (section) =>
      section.kind !== "link" && section.netns === netns && isMet(rule, section) && scene.mayMatch(rule, section),
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
          ? section.link === link && cause.covers({ ...held(section.packet), leg: section.leg })
          : cause.covers(section),
    }
  );
}

/** A chain of somebody's own may be met from any hook. */
function isMet({ table, chain }: CountedRule, { kind }: Held): boolean {
  return TABLES.has(table) && (HOOKS[kind].includes(chain) || !BUILT_IN.has(chain));
}
