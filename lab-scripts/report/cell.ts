/** All checks of a pair in one character, the same in every matrix. */

import type { CheckKind, Verdict } from "../../infra/expect/check.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";

const LETTERS: Readonly<Record<Outcome, string>> = {
  ok: "w", // an answer, but not the right one: wrong way, wrong source, wrong server
  timeout: "t",
  refused: "r",
  "no-route": "n",
  prohibited: "p",
  "ttl-exceeded": "x",
  "fragmentation-needed": "f",
  dns: "d",
  "probe-error": "e",
};

/** All checks of the pair passed, and at least one was answered. */
const REACHED = "·";
/** All checks of the pair passed: some were answered, others were to fail and did. */
const PARTLY = "±";

const MEANING: Readonly<Record<string, string>> = {
  [REACHED]: "reached as expected",
  [PARTLY]: "partly reached, as expected",
  w: "wrong answer: other source, TTL, way or server",
  t: "timeout",
  r: "refused",
  n: "no route",
  p: "prohibited",
  x: "TTL exceeded",
  f: "fragmentation needed",
  d: "name unknown",
  e: "could not be probed",
};

/** Returns what a symbol stands for. */
export function meaningOf(symbol: string): string {
  const small = symbol.toLowerCase();
  return `${MEANING[small] ?? ""}${LETTER.test(symbol) && symbol === small ? ", as expected" : ""}`;
}

const LETTER = /[a-z]/i;

/** What of a check its symbol depends on. */
export interface Judged {
  readonly kind: CheckKind;
  readonly verdict: Verdict;
  readonly observed: { readonly outcome: Outcome };
}

export interface Cell {
  /** A small letter: as expected. A capital: not. */
  readonly symbol: string;
  readonly verdict: "none" | "pass" | "fail" | "error";
}

/** A port that nobody serves refuses: that is no way for a pair to be cut off. */
const CLOSED: ReadonlySet<CheckKind> = new Set(["tcp-closed", "udp-closed"]);

const isBlocked = ({ kind, observed: { outcome } }: Judged): boolean =>
  outcome !== "ok" && !(outcome === "refused" && CLOSED.has(kind));

/** The worst of a pair's checks speaks for it: errors, then failures, then what passed. */
export function cellOf(checks: readonly Judged[]): Cell {
  const worst =
    checks.find(({ verdict }) => verdict === "error") ??
    checks.find(({ verdict }) => verdict === "fail") ??
    checks.find(({ observed }) => observed.outcome === "ok") ??
    checks[0];
  if (!worst) return { symbol: " ", verdict: "none" };
  const { verdict, observed } = worst;
  if (verdict !== "pass") return { symbol: LETTERS[observed.outcome].toUpperCase(), verdict };
  if (observed.outcome !== "ok") return { symbol: LETTERS[observed.outcome], verdict };
  return { symbol: checks.some(isBlocked) ? PARTLY : REACHED, verdict };
}
