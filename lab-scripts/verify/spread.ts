/**
 * Whether connections are spread as they should be: Pearson's chi-squared test of the counts against the expected shares.
 * A lab makes a handful of these tests at every check, so its error must be a rare one: one in a million of sound labs is
 * accused. 600 connections are enough all the same: of three endpoints with shares of 1/3, 1/2 of the rest and the rest, one
 * that got 2/9 instead of 1/3 would be at 44, where 30 is the bound.
 */

/** Connections of one test. */
export const SPREAD_SAMPLES = 600;

export interface Spread {
  readonly chiSquared: number;
  /** More than this is no chance. */
  readonly bound: number;
  readonly holds: boolean;
}

/**
 * @param shares the expected part of each, all of them together 1
 * @param counts what was seen; one that no share is for is no chance at all
 */
export function spreadOf(shares: Readonly<Record<string, number>>, counts: Readonly<Record<string, number>>): Spread {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const strange = Object.keys(counts).some((name) => shares[name] === undefined);
  const parts = Object.entries(shares).map(
    ([name, share]) => ((counts[name] ?? 0) - share * total) ** 2 / (share * total),
  );
  const chiSquared = strange || total === 0 ? Number.POSITIVE_INFINITY : parts.reduce((sum, part) => sum + part, 0);
  const bound = quantile(Math.max(0, parts.length - 1));
  return { chiSquared, bound, holds: chiSquared <= bound };
}

/** What chi-squared exceeds once in a million, by Wilson and Hilferty (1931), who are on the safe side this far out. */
function quantile(freedom: number): number {
  if (freedom === 0) return 0;
  const part = 2 / (9 * freedom);
  return freedom * (1 - part + NORMAL * Math.sqrt(part)) ** 3;
}

/** What a normal deviate exceeds once in a million. */
const NORMAL = 4.7534;
