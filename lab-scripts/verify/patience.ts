/** How long a probe waits, by what it waits for. */
import { type Expectation, resultsExpected } from "../../infra/expect/check.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";
import { RATE_LIMITED } from "./icmpRateLimit.ts";

/** All in milliseconds. */
export interface Patience {
  /** For an answer. Longer than the kernel needs to give up on a neighbour (3 requests, a second apart: arp(7)) and
   * than TCP's first retransmission of a SYN (1 s, RFC 6298), so that a failure gets its true type. */
  readonly answer: number;
  /** For silence, when an expected failure is a silent one. */
  readonly silence: number;
  /** For an expected no-route (or prohibited), which may be a neighbour that does not answer. */
  readonly noRoute: number;
  /** For the search of a path's MTU. */
  readonly mtu: number;
  /** For all connections of a count of who answers. */
  readonly spread: number;
  /** For a node's boot to be finished. */
  readonly ready: number;
}

export const PATIENCE: Patience = {
  answer: 3_500,
  silence: 2_000,
  noRoute: 4_000,
  mtu: 12_000,
  spread: 12_000,
  ready: 30_000,
};

/** While a lab converges, failures are tried again soon rather than typed well. */
export const CONVERGING: Partial<Patience> = { answer: 1_000, noRoute: 3_500 };

/** How long a probe for this expectation may take. */
export function timeoutOf(expectation: Expectation, patience: Patience): number {
  if (expectation.kind === "mtu") return patience.mtu;
  if (expectation.kind === "spread") return patience.spread;
  return Math.max(...resultsExpected(expectation).map(({ outcome }) => patienceFor(outcome, patience)));
}

function patienceFor(outcome: Outcome, patience: Patience): number {
  if (outcome === "timeout") return patience.silence;
  return RATE_LIMITED.has(outcome) ? patience.noRoute : patience.answer;
}
