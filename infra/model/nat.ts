/** Masquerade as the units arrange it (lab-scripts/host/masquerade.sh), in the terms of {@link Netns}. */
import type { NatRule } from "./netns.ts";

/**
 * Exempt destinations first, then masquerade: the chain of kubernetes-sigs/ip-masq-agent.
 * @param rule.source whose packets; all when absent
 * @param rule.exempt destinations that see the packet's own source address
 * @param rule.outInterface only packets that leave there
 */
export function masqueradeRules(rule: {
  source?: string;
  exempt?: readonly string[];
  outInterface?: string;
}): NatRule[] {
  const from = {
    ...(rule.source === undefined ? {} : { source: rule.source }),
    ...(rule.outInterface === undefined ? {} : { outInterface: rule.outInterface }),
  };
  return [
    ...(rule.exempt ?? []).map(
      (destination): NatRule => ({
        chain: "POSTROUTING",
        match: { ...from, destination },
        action: { kind: "accept" },
      }),
    ),
    { chain: "POSTROUTING", match: from, action: { kind: "masquerade" } },
  ];
}
