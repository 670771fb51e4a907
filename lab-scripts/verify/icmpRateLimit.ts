/**
 * ICMP errors that routers send only a few of. A router without a route tells each sender of five lost packets at once, then of one a
 * second (ip_error in the kernel's net/ipv4/route.c; route/error_burst and error_cost, which no container can set), whatever those
 * packets were and wherever they went. Seen from the router, all that is masqueraded to one address is one sender. So of many probes
 * that meet the same missing route most hear nothing: they are given time, and what one of them was told of an address holds for the
 * silence of the others to that address.
 */
import { type Expectation, resultsExpected } from "../../infra/expect/check.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";
import type { ProbeResult } from "./prober.ts";

/** What a missing, unreachable or prohibit route says. A sender's own is told by errno, without limit. */
export const RATE_LIMITED: ReadonlySet<Outcome> = new Set<Outcome>(["no-route", "prohibited"]);

/** In IPv6 all errors go by icmp/ratemask, which spares all of them in a lab (infra/plan/nodeStates.ts). */
export function isRateLimited({ expected, family }: Expectation): boolean {
  return family === undefined && RATE_LIMITED.has(expected.outcome) && expected.icmpFrom !== undefined;
}

/** Errors that a router sends at once, and those that the usual patience has time for. */
const IN_TIME = 8;
const LONGEST = 30_000;
/** A server's answer to a SYN is sent again after 1 and 3 s. */
const RESENT = 2_000;

/**
 * Returns the patience with more time for a no-route. Many addresses without a route take as many seconds. Where silence is expected,
 * answers may be lost at that router, too, and use the limit up as long as they are awaited. No probe waits longer than until it is told.
 */
export function withTimeForErrors<P extends { readonly noRoute: number; readonly silence: number }>(
  expectations: readonly Expectation[],
  patience: P,
): P {
  const told = Map.groupBy(expectations.filter(isRateLimited), ({ expected }) => expected.icmpFrom);
  const most = Math.max(0, ...[...told.values()].map((list) => new Set(list.map(keyOf)).size));
  const silent = most > 0 && expectations.some(({ expected }) => expected.outcome === "timeout");
  const longer = patience.noRoute + Math.max(0, most - IN_TIME) * 1000 + (silent ? patience.silence + RESENT : 0);
  return { ...patience, noRoute: Math.max(patience.noRoute, Math.min(longer, LONGEST)) };
}

/**
 * Silence becomes the no-route (or prohibited) that another probe of the same source was told of the same address, and says so.
 * Where silence was expected it stays: there it may be a filter's.
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
    const other = fitting(expectation, told.get(keyOf(expectation))?.map(([, one]) => one) ?? []);
    const silent = result.outcome === "timeout" && !result.detail?.startsWith("connected");
    return other && silent && !mayBeSilent(expectation) ? [number, retold(result, other)] : [number, result];
  });
  return new Map(shared);
}

const mayBeSilent = (expectation: Expectation): boolean =>
  resultsExpected(expectation).some(({ outcome }) => outcome === "timeout");

/** Packets of another kind may go elsewhere (NAT by protocol): what another router said of them is another matter. */
function fitting({ expected }: Expectation, told: readonly ProbeResult[]): ProbeResult | undefined {
  return told.find(({ icmpFrom }) => expected.icmpFrom === undefined || icmpFrom === expected.icmpFrom);
}

function keyOf({ from, address }: Expectation): string {
  return `${from} ${address}`;
}

function retold(silent: ProbeResult, { outcome, icmpFrom, ttl }: ProbeResult): ProbeResult {
  const detail = `silence; of another probe to this address ${icmpFrom} said ${outcome}`;
  return { ...silent, outcome, icmpFrom: icmpFrom!, ...(ttl === undefined ? {} : { ttl }), detail };
}
