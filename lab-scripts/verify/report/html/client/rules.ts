/** The rules of a namespace as text, each with its place in its chain. */
import type { Netns } from "../../../../../infra/model/netns.ts";
import { ruleText } from "../../../../../infra/model/walk/describe.ts";

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
