/** The rules of a namespace as text, each with its place in its chain. */

import { ruleText } from "../../../infra/packet/describe.ts";
import type { Netns } from "../../../infra/packet/netns.ts";

export function rulesOf(netns: Netns, name: "nat" | "filter"): string[] {
  const numbers = new Map<string, number>();
  const next = (chain: string) => {
    numbers.set(chain, (numbers.get(chain) ?? 0) + 1);
    return numbers.get(chain)!;
  };
  return name === "nat"
    ? netns.nat.map((rule) => ruleText({ netns: netns.id, table: "nat", number: next(rule.chain), rule }))
    : netns.filter.map((rule) => ruleText({ netns: netns.id, table: "filter", number: next(rule.chain), rule }));
}
