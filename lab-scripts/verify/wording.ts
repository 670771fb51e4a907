/** Sentences for an outcome that was not the expected one: what was seen, and what it means. */
import type { Expectation } from "../../infra/expect/check.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { bare } from "../../infra/spec/address.ts";
import type { ProbeResult } from "./prober.ts";

export function describeOutcome(expectation: Expectation, observed: ProbeResult, nameOf: NameOf): string {
  const { from, kind, expected } = expectation;
  const target = targetOf(expectation);
  if (observed.outcome === "ok") return unwantedAnswer(expectation, observed);
  const by = observed.icmpFrom === undefined ? undefined : withName(observed.icmpFrom, nameOf);
  switch (observed.outcome) {
    case "timeout":
      if (observed.detail?.startsWith("connected"))
        return `${target} accepted the connection, but its server did not answer`;
      return expected.outcome === "ok"
        ? `${from} heard nothing from ${target}: the packet or its answer was dropped on the way`
        : `${from} heard nothing from ${target}, where ${expected.outcome} was expected: something drops without a word`;
    case "refused":
      if (by && by !== withName(expectation.address, nameOf))
        return `${by} on the way rejected the packet to ${target}`;
      if (kind === "icmp") return `${target} refused an echo request`;
      return expected.outcome === "ok"
        ? `the packet reached ${target}, but nobody listens there`
        : `${target} was reached and refused, where ${expected.outcome} was expected`;
    case "no-route":
      return by
        ? `${by} has no route to ${expectation.address}, or nobody with that address answers on its link`
        : `${from} itself has no route to ${expectation.address}, or nobody answers on its link`;
    case "prohibited":
      return by
        ? `a filter at ${by} forbids the packet to ${target}`
        : `${from}'s own kernel forbids the packet to ${target}`;
    case "ttl-exceeded":
      return `the packet to ${target} ran out of hops${by ? ` at ${by}` : ""}: it goes round in a circle, or its TTL is lowered on the way`;
    case "fragmentation-needed":
      return `the packet to ${target} is too large for a link${by ? ` behind ${by}` : ""} and must not be split`;
    case "dns":
      return `${expectation.to} could not be resolved`;
    case "probe-error":
      return observed.detail ?? "could not be probed";
  }
}

function unwantedAnswer({ to, kind, expected }: Expectation, { identity }: ProbeResult): string {
  if (kind === "fact") return `it could be read, where ${expected.outcome} was expected`;
  const who = identity && identity !== to && !identity.startsWith(`${to}:`) ? `${identity} (asked was ${to})` : to;
  if (expected.outcome === "refused") return `${who} answered on a port that should be closed`;
  return `${who} answered, where ${expected.outcome} was expected: nothing stops the packet`;
}

function targetOf({ kind, to, address, port }: Expectation): string {
  const where = to === address ? address : `${to} (${address})`;
  if (port === undefined) return where;
  return `${where} ${kind.startsWith("udp") ? "UDP" : "TCP"} port ${port}`;
}

/** The name behind an address of the lab, such as `router`; undefined for an address that nobody holds, or many. */
export type NameOf = (address: string) => string | undefined;

/** Names by the plan. An address that several namespaces hold (docker0's 172.17.0.1) has no single name. */
export function namesIn(plan: Pick<LabPlan, "netns">): NameOf {
  const holders = new Map<string, string | undefined>();
  for (const { id, interfaces } of plan.netns) {
    for (const { addresses } of interfaces) {
      for (const address of addresses.map(bare)) {
        holders.set(address, holders.has(address) && holders.get(address) !== id ? undefined : id);
      }
    }
  }
  return (address) => holders.get(address);
}

/** `router (10.1.0.1)`, or the address alone. */
export function withName(address: string, nameOf: NameOf): string {
  const name = nameOf(address);
  return name && name !== address ? `${name} (${address})` : address;
}
