/**
 * Policies as rules of the pods' host: before everything else that is forwarded, answers pass, then the sender's policies are asked
 * (PODLAB-FROM), then the receiver's (PODLAB-TO). What a pod's chain allows returns: the policies of the other end may be asked, too.
 */
import type { FilterRule, Match } from "../packet/netns.ts";
import { type Chains, portMatch, words } from "./rule.ts";

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
