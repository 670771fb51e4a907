/** The rules of a namespace: what they counted while the probes were repeated, and what the plan has. */
import type { Netns } from "../../infra/packet/netns.ts";
import { tablesOf } from "../../infra/plan/tables.ts";
import { readSaved, type SavedRule } from "./machine/iptables.ts";
import { keyOf } from "./machine/rule.ts";

export interface CountedRule extends SavedRule {
  readonly before: number;
  readonly after: number;
}

/** The rules that a namespace has by the plan. @param kernelName of an interface, by the plan's */
export function plannedRules(netns: Netns, kernelName: (dev: string) => string): SavedRule[] {
  return (["iptables", "ip6tables"] as const).flatMap((tool) => {
    const tables = Object.entries(tablesOf(netns, tool === "ip6tables" ? 6 : undefined));
    const saved = tables.flatMap(([table, chains]) => [
      `*${table}`,
      ...Object.entries(chains).flatMap(([chain, rules]) =>
        rules.map((rule) => `[0:0] -A ${chain} ${rule.replace(/(?<=-[io] )\S+/g, kernelName)}`),
      ),
    ]);
    return readSaved(tool, saved.join("\n"));
  });
}

/** @param before, after as `iptables-save -c` and ip6tables-save print them, each tool's tables below a line with its name */
export function countedRules({ before, after }: { readonly before: string; readonly after: string }): CountedRule[] {
  const earlier = new Map(parse(before).map((rule) => [keyOf(rule), rule.packets]));
  return parse(after).map((rule) => ({
    ...rule,
    before: earlier.get(keyOf(rule)) ?? 0,
    after: rule.packets ?? 0,
  }));
}

function parse(saved: string): SavedRule[] {
  const sections = saved.split(/^# (?=ip6?tables)/m);
  return sections.flatMap((one) => readSaved(one.startsWith("ip6tables") ? "ip6tables" : "iptables", one));
}

/** As `iptables -S` prints it. */
export function listed({ number, chain, target, text }: SavedRule): string {
  return number === 0 ? `-P ${chain} ${target}` : `-A ${chain} ${text}`.trimEnd();
}

/** `filter FORWARD #1 "-A FORWARD -j DROP": 3 packets more (0 before)`. */
export function ruleEvidence(rule: CountedRule): string {
  const { tool, table, chain, number, before, after } = rule;
  const place = number === 0 ? `${table} ${chain} policy` : `${table} ${chain} #${number}`;
  const more = after - before;
  return `${tool} ${place} "${listed(rule)}" counted ${more} packet${more === 1 ? "" : "s"} of the repeated probes (${before} -> ${after})`;
}
