/**
 * Errors that a router sends only a few of: it tells a sender of five lost packets at once, then of one a second (ip_error in
 * the kernel's net/ipv4/route.c), whatever those packets were and wherever they went. Seen from the router, all that is
 * masqueraded to one address is one sender.
 */
import type { Expectation } from "../../infra/expect/check.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";

/** What a missing, unreachable or prohibit route says. A sender's own is told by errno, without limit. */
export const RATIONED: ReadonlySet<Outcome> = new Set<Outcome>(["no-route", "prohibited"]);

/** In IPv6 all errors go by icmp/ratemask, which spares all of them in a lab (address6.sh). */
export function isRationed({ expected, family }: Expectation): boolean {
  return family === undefined && RATIONED.has(expected.outcome) && expected.icmpFrom !== undefined;
}

/** Errors that a router tells at once, and those that the usual patience has time for. */
const IN_TIME = 8;
const LONGEST = 30_000;
/** A server's answer to a SYN is sent again after 1 and 3 s. */
const RESENT = 2_000;

/**
 * Many addresses without a route take as many seconds. Where silence is expected, answers may be lost at that router, too,
 * and use the ration up as long as they are awaited. Nobody waits longer than until he is told.
 */
export function withTimeForErrors<P extends { readonly noRoute: number; readonly silence: number }>(
  expectations: readonly Expectation[],
  patience: P,
): P {
  const told = Map.groupBy(expectations.filter(isRationed), ({ expected }) => expected.icmpFrom);
  const most = Math.max(0, ...[...told.values()].map((list) => new Set(list.map(pair)).size));
  const silent = most > 0 && expectations.some(({ expected }) => expected.outcome === "timeout");
  const longer = patience.noRoute + Math.max(0, most - IN_TIME) * 1000 + (silent ? patience.silence + RESENT : 0);
  return { ...patience, noRoute: Math.max(patience.noRoute, Math.min(longer, LONGEST)) };
}

const pair = ({ from, address }: Expectation) => `${from} ${address}`;
