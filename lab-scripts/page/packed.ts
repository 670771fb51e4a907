/**
 * Checks, small: thirty thousand of them are mostly the same few sentences about different pairs. What a check says of its own ends is
 * replaced by tokens, equal texts are kept once, and equal lists of texts too. Nothing is lost but the time a probe took.
 */
import type { CheckKind, Verdict } from "../../infra/expect/check.ts";
import type { Netns } from "../../infra/packet/netns.ts";
import type { Outcome } from "../../infra/spec/outcome.ts";
import type { ReportedCheck } from "../report/schema.ts";

export interface PackedChecks {
  /** Of sources, targets and addresses. */
  readonly names: readonly string[];
  readonly texts: readonly Text[];
  /** Numbers of texts: all that was checked between two ends, at one address. */
  readonly profiles: readonly (readonly number[])[];
  /** A source each: its name's number, then for each pair those of target, address and profile. */
  readonly rows: readonly (readonly number[])[];
}

/** What a matrix needs of a check, and the check as JSON with tokens. */
export type Text = readonly [kind: CheckKind, verdict: Verdict, outcome: Outcome, json: string];

export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly texts: readonly number[];
  /** The number of its first check; the others follow. */
  readonly first: number;
}

/** @returns the checks, and of each id its number in them */
export function pack(checks: readonly ReportedCheck[], all: readonly Netns[]) {
  const names = new Numbers<string>();
  const texts = new Numbers<string>();
  const kept: Text[] = [];
  const profiles = new Numbers<string>();
  const numbers = new Map<string, number>();
  const tokens = new Tokens(all);
  const rows = [...Map.groupBy(checks, ({ from }) => from)].map(([from, ofRow]) => {
    const pairs = [...Map.groupBy(ofRow, ({ to, address }) => `${to} ${address}`).values()];
    return [
      names.of(from),
      ...pairs.flatMap((ofPair) => {
        const { to, address } = ofPair[0]!;
        const replace = tokens.into(from, to, address);
        // One replacement for a pair's lines together: a thousand short ones take longer.
        const lines = replace(ofPair.map(toldOf).join("\n")).split("\n");
        const profile = ofPair.map(({ id, kind, verdict, observed: { outcome } }, at) => {
          numbers.set(id, numbers.size);
          const number = texts.of(`${kind} ${verdict} ${outcome} ${lines[at]}`);
          kept[number] ??= [kind, verdict, outcome, lines[at]!];
          return number;
        });
        return [names.of(to), names.of(address), profiles.of(profile.join(" "))];
      }),
    ];
  });
  const packed: PackedChecks = {
    names: names.all,
    texts: kept,
    profiles: profiles.all.map((text) => text.split(" ").map(Number)),
    rows,
  };
  return { packed, numbers };
}

/** All but the time it took, which is another one each time. */
function toldOf({ observed: { rttMs: _, ...observed }, ...check }: ReportedCheck): string {
  return JSON.stringify({ ...check, observed });
}

/** The pairs, without their checks. */
export function pairsOf({ names, profiles, rows }: PackedChecks): Pair[] {
  let first = 0;
  return rows.flatMap(([from, ...row]) =>
    Array.from({ length: row.length / 3 }, (_, at): Pair => {
      const [to, address, profile] = row.slice(3 * at, 3 * at + 3) as [number, number, number];
      const texts = profiles[profile]!;
      const pair = { from: names[from!]!, to: names[to]!, address: names[address]!, texts, first };
      first += texts.length;
      return pair;
    }),
  );
}

/** A pair's checks as they were reported. */
export function unpack({ texts }: PackedChecks, pair: Pair, tokens: Tokens): ReportedCheck[] {
  const restore = tokens.out(pair.from, pair.to, pair.address);
  return pair.texts.map((number) => JSON.parse(restore(texts[number]![3])) as ReportedCheck);
}

/** The control characters stand for what a pair calls its ends: JSON escapes them, so no text has them of its own. */
export class Tokens {
  readonly #addresses: ReadonlyMap<string, readonly string[]>;

  constructor(all: readonly Netns[]) {
    const bare = (cidr: string) => cidr.slice(0, cidr.indexOf("/"));
    this.#addresses = new Map(
      all.map(({ id, interfaces }) => [id, interfaces.flatMap(({ addresses }) => addresses.map(bare))]),
    );
  }

  into(from: string, to: string, address: string): (text: string) => string {
    const pairs = this.#of(from, to, address);
    // A name may be the beginning of another: the longest is looked for first.
    pairs.sort(([one], [other]) => other.length - one.length);
    return (text) => pairs.reduce((done, [value, token]) => done.replaceAll(value, token), text);
  }

  out(from: string, to: string, address: string): (text: string) => string {
    const pairs = this.#of(from, to, address);
    return (text) => pairs.reduce((done, [value, token]) => done.replaceAll(token, value), text);
  }

  #of(from: string, to: string, address: string): [value: string, token: string][] {
    const values = [from, to, address, ...(this.#addresses.get(from)?.slice(0, 4) ?? [])];
    return values.map((value, at) => [value, String.fromCharCode(at + 1)]);
  }
}

/** Equal values get one number. */
class Numbers<T> {
  readonly #known = new Map<T, number>();

  of(value: T): number {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    this.#known.set(value, this.#known.size);
    return this.#known.size - 1;
  }

  get all(): readonly T[] {
    return [...this.#known.keys()];
  }
}
