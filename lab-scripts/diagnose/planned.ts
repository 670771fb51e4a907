/** The plan's rules beside those that a namespace has: the one that a packet should have met, and is not there. */
import type { Cause } from "./cause.ts";
import type { SavedRule } from "./machine/iptables.ts";
import { listed, ruleEvidence } from "./rules.ts";
import type { Scene } from "./scene.ts";
import type { Held, Section } from "./section.ts";

/** The hooks that a packet passes. */
export const HOOKS: Readonly<Record<Held["kind"], readonly string[]>> = {
  through: ["PREROUTING", "FORWARD", "POSTROUTING"],
  made: ["OUTPUT", "POSTROUTING"],
  delivered: ["PREROUTING", "INPUT"],
};

/** Hooks at which a packet still has the destination that it came with. */
const EARLY = new Set(["PREROUTING", "OUTPUT"]);

const PASSES = new Set(["ACCEPT", "RETURN"]);

/** Whether the plan has this very rule there; those of Docker's name server are none of its business. */
export function isPlanned(scene: Scene, netns: string, rule: SavedRule): boolean {
  return listed(rule).includes("DOCKER_") || scene.planned(netns).some((one) => same(one, rule));
}

/** The first rule that the plan has for such a packet and the namespace has not. */
export function missingRule(scene: Scene, held: Held): Cause | undefined {
  const { netns } = held;
  const rule = rulesFor(scene, held).find((one) => isMissing(scene, netns, one));
  if (!rule) return undefined;
  const { tool, table, chain, text } = rule;
  const there = scene.rules(netns).filter((one) => isOf(one, rule) && one.number > 0);
  return {
    key: `missing ${netns} ${tool} ${table} ${listed(rule)}`,
    netns,
    text: `${netns} lacks the rule "${text}" of its chain ${chain} (${tool}, table ${table})`,
    evidence: [
      `${netns}: ${tool} -t ${table} -S ${chain}: ${there.map((one) => `${listed(one)} [${one.before} -> ${one.after}]`).join("; ") || "no rule"}`,
    ],
    covers: (section) => metIn(scene, section, netns).some((one) => rulesFor(scene, one).includes(rule)),
  };
}

/** A rule beside the plan's that let the packet past the NAT that it should have met: it counted while the probes were repeated. */
export function natPassed(scene: Scene, held: Held, field: string): Cause | undefined {
  const { netns } = held;
  const passes = (one: SavedRule, by: Held) => scene.mayMatch(one, lookedAt(by, one.chain));
  const rule = scene
    .rules(netns)
    .find(
      (one) =>
        one.table === "nat" &&
        PASSES.has(one.target) &&
        one.number > 0 &&
        one.after > one.before &&
        passes(one, held) &&
        !isPlanned(scene, netns, one),
    );
  return (
    rule && {
      key: `passed ${netns} ${listed(rule)}`,
      netns,
      text: `${netns} does not rewrite its ${field}: its ${rule.chain} rule "${rule.text}" comes first`,
      evidence: [`${netns}: ${ruleEvidence(rule)}`],
      covers: (section) => metIn(scene, section, netns).some((one) => passes(rule, one)),
    }
  );
}

function isMissing(scene: Scene, netns: string, rule: SavedRule): boolean {
  const known = scene.kernel(netns)?.rules.after.includes(`# ${rule.tool}\n`);
  return known === true && !scene.rules(netns).some((one) => same(one, rule));
}

const isOf = (one: SavedRule, other: SavedRule): boolean =>
  one.tool === other.tool && one.table === other.table && one.chain === other.chain;
const same = (one: SavedRule, other: SavedRule): boolean => isOf(one, other) && one.text === other.text;

/** The plan's rules that a packet may come to and that may match it, in the order of the hooks. */
function rulesFor(scene: Scene, held: Held): SavedRule[] {
  const planned = scene.planned(held.netns);
  const met: SavedRule[] = [];
  const enter = (chain: string, by: SavedRule | undefined, hook: string) => {
    for (const rule of planned) {
      if (rule.chain !== chain || (by && (rule.table !== by.table || rule.tool !== by.tool))) continue;
      if (met.includes(rule) || !scene.mayMatch(rule, lookedAt(held, hook))) continue;
      met.push(rule);
      enter(rule.target, rule, hook);
    }
  };
  for (const hook of HOOKS[held.kind]) enter(hook, undefined, hook);
  return met;
}

function lookedAt(held: Held, hook: string): Held {
  return EARLY.has(hook) && held.arrived ? { ...held, packet: held.arrived } : held;
}

/** The packet of a section as a namespace has it; a bridge has what it passes. */
function metIn(scene: Scene, section: Section, netns: string): Held[] {
  if (section.kind !== "link") return section.netns === netns ? [section] : [];
  const bridge = scene.netns(netns).interfaces.find(({ kind, link }) => kind === "bridge" && link === section.link);
  return bridge ? [{ netns, kind: "through", packet: section.packet, in: bridge.name, out: bridge.name }] : [];
}
