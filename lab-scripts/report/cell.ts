/** All checks of a pair in one character, the same in every matrix. */

import type { Verdict } from "../../infra/expect/check.ts";
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

/** What a symbol in lower case stands for. */
export const MEANING: Readonly<Record<string, string>> = {
  "·": "reached as expected",
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

/** What of a check its symbol depends on. */
export interface Judged {
  readonly verdict: Verdict;
  readonly observed: { readonly outcome: Outcome };
}

export interface Cell {
  /** A small letter: as expected. A capital: not. */
  readonly symbol: string;
  readonly verdict: "none" | "pass" | "fail" | "error";
}

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
  return { symbol: observed.outcome === "ok" ? "·" : LETTERS[observed.outcome], verdict };
}
