/**
 * Which pairs of a large lab are probed when not all can be: a cover first (each pair of hosts, each pod as source and as
 * target), then as many more as the limit allows. The choice depends on names and on a number, the turn, only: with another turn
 * others come in, and one host more changes little of the rest.
 */

import { hash } from "../spec/hash.ts";

/** Something that can be left out: one source asking one target. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  /** Of source and target; absent for the router and the internet, which every host is paired with by name. */
  readonly fromHost: string;
  readonly toHost?: string | undefined;
  /** How many checks it costs. */
  readonly checks: number;
}

/** What a pair is told by: `host01/web -> host02/web`. */
export const pairOf = ({ from, to }: Pick<Pair, "from" | "to">): string => `${from} -> ${to}`;

export interface Sample<P> {
  /** In the order given. */
  readonly chosen: readonly P[];
  readonly leftOut: readonly P[];
}

/**
 * All pairs when their checks stay within the limit; else the cover, and more up to the limit. The cover is taken even
 * where it alone exceeds the limit: without it a broken host could go unseen.
 */
export function sample<P extends Pair>(pairs: readonly P[], limit: number, turn = 0): Sample<P> {
  if (checksOf(pairs) <= limit) return { chosen: pairs, leftOut: [] };
  const shuffled = pairs
    .map((pair) => ({ pair, rank: hash(`${turn} ${pairOf(pair)}`) }))
    .sort((a, b) => a.rank - b.rank || order(a.pair, b.pair))
    .map(({ pair }) => pair);
  const chosen = new Set(cover(shuffled));
  let cost = checksOf([...chosen]);
  for (const pair of shuffled) {
    if (chosen.has(pair) || cost + pair.checks > limit) continue;
    chosen.add(pair);
    cost += pair.checks;
  }
  return { chosen: pairs.filter((pair) => chosen.has(pair)), leftOut: pairs.filter((pair) => !chosen.has(pair)) };
}

/** How many checks the pairs cost together. */
export const checksOf = (pairs: readonly Pair[]): number => pairs.reduce((sum, { checks }) => sum + checks, 0);

/**
 * Greedy: a pair of hosts not seen yet is met by the pair of pods that was used least, so that the pods come round;
 * who was in none of these gets one more.
 */
function cover<P extends Pair>(pairs: readonly P[]): P[] {
  const chosen: P[] = [];
  const asked = new Map<string, number>();
  const answered = new Map<string, number>();
  const take = (pair: P) => {
    chosen.push(pair);
    asked.set(pair.from, (asked.get(pair.from) ?? 0) + 1);
    answered.set(pair.to, (answered.get(pair.to) ?? 0) + 1);
  };
  const used = ({ from, to }: P) => (asked.get(from) ?? 0) + (answered.get(to) ?? 0);
  for (const group of Map.groupBy(pairs, ({ fromHost, to, toHost }) => `${fromHost} -> ${toHost ?? to}`).values()) {
    take(group.reduce((best, pair) => (used(pair) < used(best) ? pair : best)));
  }
  for (const pair of pairs) if (!asked.has(pair.from) || !answered.has(pair.to)) take(pair);
  return chosen;
}

function order(a: Pair, b: Pair): number {
  const [one, other] = [pairOf(a), pairOf(b)];
  return one < other ? -1 : Number(one > other);
}
