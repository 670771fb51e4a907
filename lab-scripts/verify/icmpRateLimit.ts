/**
 * ICMP errors that routers send only a few of. A router without a route tells each sender of five lost packets at once, then of one a
 * second (ip_error in the kernel's net/ipv4/route.c; route/error_burst and error_cost, which no container can set), whatever those
 * packets were and wherever they went. Seen from the router, all that is masqueraded to one address is one sender. So of many probes
 * that meet the same missing route at once most hear nothing. Where that was to be expected, each is sent when it can be told: a
 * silence may be a filter's. Where it was not, what one of them was told of an address explains the silence of the others.
 */
import { type Expectation, resultsExpected } from "../../infra/expect/check.ts";
import { probeOf } from "../../infra/expect/result.ts";
import type { Network } from "../../infra/packet/network.ts";
import { walk } from "../../infra/packet/walk.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";
import { given } from "../given.ts";
import type { ProbeResult } from "./prober.ts";

/** What a missing, unreachable or prohibit route says. A sender's own is told by errno, without limit. */
export const RATE_LIMITED: ReadonlySet<Outcome> = new Set<Outcome>(["no-route", "prohibited"]);

/**
 * Whether a router is to say so for want of a route. Of a neighbour that does not answer it tells everybody who waited, and in IPv6
 * all errors go by icmp/ratemask, which spares all of them in a lab (infra/plan/nodeStates.ts).
 */
export function isRateLimited(network: Network, expectation: Expectation): boolean {
  const { expected, family } = expectation;
  if (family === 6 || expected.icmpFrom === undefined || !RATE_LIMITED.has(expected.outcome)) return false;
  const { dropped } = walk(network, probeOf(expectation));
  return dropped?.why.kind === "no-route" || dropped?.why.kind === "route-type";
}

/** Errors that a router sends at once, and so the sources that may be one sender to it without having to wait for each other. */
const AT_ONCE = 5;
const LONGEST = 30_000;
/** A server's answer to a SYN is sent again after 1 and 3 s. */
const RESENT = 2_000;

/**
 * Returns the patience with more time for a no-route. A source asks for one error after the other; sources that are masqueraded to one
 * address wait for each other. Where silence is expected, answers may be lost at that router, too, and use the limit up as long as they
 * are awaited. No probe waits longer than until it is told.
 * @param limited those whose errors are rate-limited
 */
export function withTimeForErrors<P extends { readonly noRoute: number; readonly silence: number }>(
  expectations: readonly Expectation[],
  limited: readonly Expectation[],
  patience: P,
): P {
  if (limited.length === 0) return patience;
  const told = Map.groupBy(limited, ({ expected }) => expected.icmpFrom);
  const most = Math.max(...[...told.values()].map((list) => new Set(list.map(({ from }) => from)).size));
  const silent = expectations.some(({ expected }) => expected.outcome === "timeout");
  const longer = patience.noRoute + Math.max(0, most - AT_ONCE) * 1000 + (silent ? patience.silence + RESENT : 0);
  return { ...patience, noRoute: Math.max(patience.noRoute, Math.min(longer, LONGEST)) };
}

/**
 * Silence that is not as expected becomes the no-route (or prohibited) that another probe of the same source was told of the same
 * address, and says so. It stays silence where that would be as expected: nothing is proved by what another probe was told.
 */
export function withSharedErrors(
  expectations: readonly Expectation[],
  results: ReadonlyMap<number, ProbeResult>,
): Map<number, ProbeResult> {
  const told = Map.groupBy(
    [...results].filter(([, { outcome, icmpFrom }]) => RATE_LIMITED.has(outcome) && icmpFrom !== undefined),
    ([number]) => keyOf(expectations[number]!),
  );
  if (told.size === 0) return new Map(results);
  const shared = [...results].map(([number, result]): [number, ProbeResult] => {
    const expectation = expectations[number]!;
    const other = told.get(keyOf(expectation))?.[0]?.[1];
    const silent = result.outcome === "timeout" && !result.detail?.startsWith("connected");
    return other && silent && !mayBeSilent(expectation, other) ? [number, retold(result, other)] : [number, result];
  });
  return new Map(shared);
}

/** Whether the silence, or what is told in its place, could be as expected. */
const mayBeSilent = (expectation: Expectation, told: ProbeResult): boolean =>
  resultsExpected(expectation).some(({ outcome }) => outcome === "timeout" || outcome === told.outcome);

function keyOf({ from, address }: Expectation): string {
  return `${from} ${address}`;
}

function retold(silent: ProbeResult, { outcome, icmpFrom, ttl }: ProbeResult): ProbeResult {
  const detail = `silence; of another probe to this address ${icmpFrom} said ${outcome}`;
  return { ...silent, outcome, icmpFrom: icmpFrom!, ...given({ ttl }), detail };
}
