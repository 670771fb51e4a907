/**
 * The rules of a namespace as iptables and ip6tables hold them: each rule as `iptables-save` prints it after `-A CHAIN`, so that
 * what is wanted and what is found can be compared as text (iptables-save(8), iptables-extensions(8)).
 */
import type { NatRule, Netns } from "../packet/netns.ts";
import type { Tables } from "./nodeState.ts";
import { policyTable } from "./policyTable.ts";
import { type Chains, words } from "./rule.ts";
import { serviceTables } from "./serviceTables.ts";

/** Returns the tables of one family that are not empty. @param family 6: of ip6tables */
export function tablesOf({ nat, filter }: Netns, family: 6 | undefined): Tables {
  const own = {
    nat: nat.filter((rule) => rule.family === family),
    filter: filter.filter((rule) => rule.family === family),
  };
  const services = serviceTables(own.nat, own.filter);
  const tables = {
    // What a service has marked is masqueraded before the host's own exemptions are asked.
    nat: merged(services.nat, masqueradeTable(own.nat)),
    filter: merged(policyTable(own.filter), services.filter),
  };
  return Object.fromEntries(Object.entries(tables).filter(([, chains]) => Object.keys(chains).length > 0));
}

/** Chains of several tables in one, rules of a chain one table after the other. */
function merged(...tables: readonly Chains[]): Chains {
  const all: Chains = {};
  for (const [chain, rules] of tables.flatMap((table) => Object.entries(table))) {
    all[chain] = [...(all[chain] ?? []), ...rules];
  }
  return all;
}

const MASQUERADE = "PODLAB-MASQ";

/** One chain, exempt destinations first, as kubernetes-sigs/ip-masq-agent has it. */
function masqueradeTable(rules: readonly NatRule[]): Chains {
  const own = rules.filter(({ chain, match }) => chain === "POSTROUTING" && !match.marked);
  const last = own.at(-1);
  if (!last) return {};
  const { source, outInterface } = last.match;
  const jump = words(source && `-s ${source}`, outInterface && `-o ${outInterface}`, `-j ${MASQUERADE}`);
  return {
    POSTROUTING: [jump],
    [MASQUERADE]: own.map(({ match: { destination }, action }) =>
      words(destination && `-d ${destination}`, action.kind === "accept" ? "-j RETURN" : "-j MASQUERADE"),
    ),
  };
}
