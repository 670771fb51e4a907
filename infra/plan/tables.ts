/**
 * The rules of a namespace as iptables and ip6tables hold them: each rule as `iptables-save` prints it after `-A CHAIN`, so that
 * what is wanted and what is found can be compared as text (iptables-save(8), iptables-extensions(8)).
 */
import type { FilterRule, Match, NatRule, Netns } from "../packet/netns.ts";
import type { Tables } from "./nodeState.ts";
import { type Chains, portMatch, words } from "./rule.ts";
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

/**
 * Policies as rules of the pods' host: before everything else that is forwarded, answers pass, then the sender's policies are asked
 * (PODLAB-FROM), then the receiver's (PODLAB-TO). What a pod's chain allows returns: the policies of the other end may be asked, too.
 */

const FROM = "PODLAB-FROM";
const TO = "PODLAB-TO";
const POLICY = "PODLAB-POLICY";

/** Returns the chains that stand for a namespace's policy rules; none without them. */
export function policyTable(rules: readonly FilterRule[]): Chains {
  const closed = rules.filter(({ policy }) => policy);
  if (closed.length === 0) return {};
  const ofSenders = closed.filter(({ match }) => match.source !== undefined);
  const ofReceivers = closed.filter(({ match }) => match.source === undefined);
  return {
    FORWARD: [`-j ${POLICY}`],
    [POLICY]: ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", `-j ${FROM}`, `-j ${TO}`],
    [FROM]: ofSenders.map(({ match, policy }) => `-s ${match.source}/32 -j ${policy!.chain}`),
    [TO]: ofReceivers.map(({ match, policy }) => `-d ${match.destination}/32 -j ${policy!.chain}`),
    ...Object.fromEntries(
      closed.map(({ policy, unless = [], action }) => [policy!.chain, [...unless.map(allowed), TARGETS[action]]]),
    ),
  };
}

const TARGETS = { accept: "-j ACCEPT", drop: "-j DROP", reject: "-j REJECT --reject-with icmp-port-unreachable" };

function allowed(match: Match): string {
  const from = match.source === EVERYBODY ? undefined : match.source;
  const to = match.destination === EVERYBODY ? undefined : match.destination;
  return words(from && `-s ${from}`, to && `-d ${to}`, portMatch(match), "-j RETURN");
}

/** What iptables leaves out when it prints a rule. */
const EVERYBODY = "0.0.0.0/0";
