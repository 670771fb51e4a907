/** iptables' rules as `iptables-save -c` and ip6tables-save print them, what they counted meanwhile, and whether they can match a packet. */
import type { Netns } from "../../infra/packet/netns.ts";
import { tablesOf } from "../../infra/plan/tables.ts";
import { conditionsIn, readSaved } from "./machine/iptables.ts";
import { type Frame, fits } from "./machine/rule.ts";

export interface Rule {
  /** Of ip6tables. */
  readonly family?: 6;
  readonly table: string;
  readonly chain: string;
  /** As `iptables -S` prints it; of a policy `-P FORWARD DROP`. */
  readonly text: string;
  readonly target: string;
}

export interface CountedRule extends Rule {
  /** From 1 within the chain, as `iptables --line-numbers` has it; 0 for the chain's policy. */
  readonly number: number;
  readonly before: number;
  readonly after: number;
}

/** The rules that a namespace has by the plan. @param kernelName of an interface, by the plan's */
export function plannedRules(netns: Netns, kernelName: (dev: string) => string): Rule[] {
  return ([undefined, 6] as const).flatMap((family) =>
    Object.entries(tablesOf(netns, family)).flatMap(([table, chains]) =>
      Object.entries(chains).flatMap(([chain, rules]) =>
        rules.map((rule) => {
          const own = rule.replace(/(?<=-[io] )\S+/g, kernelName);
          return { ...(family ? { family } : {}), table, chain, text: `-A ${chain} ${own}`, target: targetOf(own) };
        }),
      ),
    ),
  );
}

export function countedRules({ before, after }: { readonly before: string; readonly after: string }): CountedRule[] {
  const earlier = new Map(parse(before).map((rule) => [keyOf(rule), rule.packets]));
  return parse(after).map((rule) => {
    const { packets, ...rest } = rule;
    return { ...rest, after: packets, before: earlier.get(keyOf(rule)) ?? 0 };
  });
}

/** `filter FORWARD #1 "-A FORWARD -j DROP": 3 packets more (0 before)`. */
export function ruleEvidence({ family, table, chain, number, text, before, after }: CountedRule): string {
  const place = number === 0 ? `${table} ${chain} policy` : `${table} ${chain} #${number}`;
  const more = after - before;
  return `${family === 6 ? "ip6tables" : "iptables"} ${place} "${text}" counted ${more} packet${more === 1 ? "" : "s"} of the repeated probes (${before} -> ${after})`;
}

type Parsed = Omit<CountedRule, "before" | "after"> & { readonly packets: number };

function keyOf({ family, table, chain, number, text }: Parsed): string {
  return `${family} ${table} ${chain} ${number} ${text}`;
}

/** @param saved tables, each tool's below a line with its name */
function parse(saved: string): Parsed[] {
  return saved.split(/^# (?=ip6?tables)/m).flatMap((section) =>
    readSaved(section.split("\n")[0]!, section).map(({ family, table, chain, number, text, packets = 0 }) => {
      const own = number === 0 ? `-P ${chain} ${text.replace("policy ", "")}` : `-A ${chain} ${text}`.trimEnd();
      const target = number === 0 ? own.split(" ")[2]! : targetOf(own);
      return { ...(family === 6 ? { family } : {}), table, chain, number, text: own, target, packets };
    }),
  );
}

/** False when something in the rule surely doesn't fit; a match that is not known here is taken to fit. */
export function mayMatch(
  { text, family = 4 }: { readonly text: string; readonly family?: 4 | 6 },
  packet: Frame,
): boolean {
  return fits({ family, conditions: conditionsIn(text) }, packet);
}

/** The rule without `-A CHAIN`, for a sentence. */
export function ruleWords({ text, chain }: Rule): string {
  return text.replace(`-A ${chain} `, "");
}

function targetOf(text: string): string {
  return / -[jg] (\S+)/.exec(` ${text}`)?.[1] ?? "";
}
