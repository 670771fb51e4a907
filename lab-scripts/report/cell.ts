/** All checks of a pair in one character, the same in every matrix. */

import type { CheckKind, Verdict } from "../../infra/expect/check.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";

/** Of each outcome its letter, and what that stands for: an answer (ok) that did not pass was not the right one. */
const LETTERS: Readonly<Record<Outcome, readonly [letter: string, meaning: string]>> = {
  ok: ["w", "wrong answer: other source, TTL, way or server"],
  timeout: ["t", "timeout"],
  refused: ["r", "refused"],
  "no-route": ["n", "no route"],
  prohibited: ["p", "prohibited"],
  "ttl-exceeded": ["x", "TTL exceeded"],
  "fragmentation-needed": ["f", "fragmentation needed"],
  dns: ["d", "name unknown"],
  "probe-error": ["e", "could not be probed"],
};

/** All checks of the pair passed, and at least one was answered. */
export const REACHED = "·";
/** All checks of the pair passed: some were answered, others were to fail and did. */
const PARTLY = "±";

const MEANING: ReadonlyMap<string, string> = new Map([
  [REACHED, "reached as expected"],
  [PARTLY, "partly reached, as expected"],
  ...Object.values(LETTERS).flatMap(([letter, meaning]): [string, string][] => [
    [letter, `${meaning}, as expected`],
    [letter.toUpperCase(), meaning],
  ]),
]);

/** Returns what a symbol stands for; nothing for the blank of what was not asked. */
export const meaningOf = (symbol: string): string => MEANING.get(symbol) ?? "";

/** Returns a matrix's rows and columns: who asks, in its order; who is asked, in the same order and then in its own. */
export function axesOf(asked: readonly { readonly from: string; readonly to: string }[]) {
  const sources = [...new Set(asked.map(({ from }) => from))];
  const targets = new Set(asked.map(({ to }) => to));
  return { sources, targets: [...new Set([...sources, ...targets])].filter((name) => targets.has(name)) };
}

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
  const [letter] = LETTERS[observed.outcome];
  if (verdict !== "pass") return { symbol: letter.toUpperCase(), verdict };
  if (observed.outcome !== "ok") return { symbol: letter, verdict };
  return { symbol: checks.some(isBlocked) ? PARTLY : REACHED, verdict };
}
