/** Compares what was seen with what was expected, and says in one line what a difference means. */
import {
  type CheckKind,
  type Expectation,
  type Result,
  resultsExpected,
  type Verdict,
} from "../../infra/expect/check.ts";
import type { ProbeResult } from "./prober.ts";
import { describeOutcome, type NameOf, withName } from "./wording.ts";

export interface Judgement {
  readonly verdict: Verdict;
  /** Empty for a pass. */
  readonly reason: string;
}

const PASS: Judgement = { verdict: "pass", reason: "" };

/** ICMP tells nothing of the source address that the target saw, nor who answered: these kinds do. */
const TELLS_SOURCE: ReadonlySet<CheckKind> = new Set(["tcp", "udp"]);
/** What a raw answer carries; a fact has none. */
const TELLS_TTL: ReadonlySet<CheckKind> = new Set(["icmp", "tcp", "tcp-closed", "udp", "udp-closed", "path"]);

/**
 * The verdict on one check. A probe-error is an error whatever was expected. A field that the expectation leaves out,
 * or that a probe of this kind can't see, is not compared. A failure that was expected passes only if a control
 * probe of the same source was answered.
 */
export function judge(expectation: Expectation, observed: ProbeResult, nameOf: NameOf): Judgement {
  if (observed.outcome === "probe-error") {
    return { verdict: "error", reason: `could not be probed: ${observed.detail ?? "no reason given"}` };
  }
  if (!expectation.or) return judgeAs(expectation, observed, nameOf);
  const [first, ...others] = nearest(expectation, observed).map((one) => judgeAs(one, observed, nameOf));
  return others.find(({ verdict }) => verdict === "pass") ?? first!;
}

/**
 * What chance may have meant, the likeliest first: the same server, then the same outcome. Of an answer that is like none
 * the difference from that one is told.
 */
function nearest(expectation: Expectation, observed: ProbeResult): Expectation[] {
  const unlike = ({ outcome, identity }: Result) =>
    (outcome === observed.outcome ? 0 : 2) + (identity === observed.identity ? 0 : 1);
  return resultsExpected(expectation)
    .toSorted((one, other) => unlike(one) - unlike(other))
    .map((expected) => ({ ...expectation, expected, or: undefined }));
}

function judgeAs(expectation: Expectation, observed: ProbeResult, nameOf: NameOf): Judgement {
  const { expected } = expectation;
  if (observed.outcome !== expected.outcome) return fail(describeOutcome(expectation, observed, nameOf));
  const difference = differenceOf(expectation, observed, nameOf);
  if (difference) return fail(difference);
  if (expected.outcome !== "ok" && observed.control === undefined) {
    const { from } = expectation;
    return fail(`${observed.outcome} as expected, but it proves nothing: no control probe from ${from} was answered`);
  }
  return PASS;
}

function fail(reason: string): Judgement {
  return { verdict: "fail", reason };
}

function differenceOf(expectation: Expectation, observed: Result, nameOf: NameOf): string | undefined {
  const { kind, to, expected } = expectation;
  const named = (address: string) => nameOf(address) ?? address;
  const toldSource = TELLS_SOURCE.has(kind);
  if (toldSource && differs(expected.identity, observed.identity)) {
    if (observed.identity === undefined)
      return `${to} answered without saying who it is; ${expected.identity} was expected`;
    return `${observed.identity} answered instead of ${expected.identity}: the address leads to another place`;
  }
  if (toldSource && differs(expected.sourceSeen, observed.sourceSeen)) {
    if (observed.sourceSeen === undefined) return `${to} answered without saying whom it saw`;
    return sourceDifference(to, expected.sourceSeen!, observed.sourceSeen, nameOf);
  }
  if (differs(expected.icmpFrom, observed.icmpFrom, named)) {
    const who = observed.icmpFrom === undefined ? "the sender's own kernel" : withName(observed.icmpFrom, nameOf);
    return `${observed.outcome} was said by ${who}, not by ${withName(expected.icmpFrom!, nameOf)}`;
  }
  if (TELLS_TTL.has(kind) && differs(expected.ttl, observed.ttl)) return ttlDifference(expected.ttl!, observed.ttl);
  if (expected.hops && differs(expected.hops.join(" "), observed.hops?.join(" "))) {
    return `the path was ${pathText(observed.hops ?? [], nameOf)} instead of ${pathText(expected.hops, nameOf)}`;
  }
  if (differs(expected.mtu, observed.mtu)) {
    return `packets of up to ${observed.mtu} bytes arrive whole, not of up to ${expected.mtu}`;
  }
  if (expected.spread) return spreadDifference(to, expected.spread, observed.spread ?? {});
  if (differs(expected.value, observed.value)) return `it is ${observed.value}, not ${expected.value}`;
  return undefined;
}

/** True when a value was expected and another one, or none, was seen. Node names and addresses may stand for each other. */
function differs<T>(expected: T | undefined, observed: T | undefined, same: (value: T) => unknown = (value) => value) {
  if (expected === undefined) return false;
  return observed === undefined || (expected !== observed && same(expected) !== same(observed));
}

function sourceDifference(to: string, expected: string, observed: string, nameOf: NameOf): string {
  const middle = `${to} answered, but it saw ${withName(observed, nameOf)} instead of ${withName(expected, nameOf)}`;
  const isPod = nameOf(expected)?.includes("/");
  return isPod
    ? `${middle}: something on the way masquerades`
    : `${middle}: the masquerade that should hide the sender did not happen, or elsewhere`;
}

function ttlDifference(expected: number, observed: number | undefined): string {
  if (observed === undefined) return `the TTL of the answer is unknown; ${expected} was expected`;
  const routers = (ttl: number) => `${64 - ttl} router${64 - ttl === 1 ? "" : "s"}`;
  const said = `the answer came with TTL ${observed} instead of ${expected}`;
  return observed > 64 ? said : `${said}: it crossed ${routers(observed)}, not ${64 - expected}`;
}

function spreadDifference(
  to: string,
  shares: Readonly<Record<string, number>>,
  counts: Readonly<Record<string, number>>,
): string | undefined {
  const { holds, chiSquared, bound } = spreadOf(shares, counts);
  if (holds) return undefined;
  const names = [...new Set([...Object.keys(shares), ...Object.keys(counts)])];
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const told = names.map(
    (name) => `${name} got ${counts[name] ?? 0} (${Math.round((shares[name] ?? 0) * total)} were due)`,
  );
  const size = Number.isFinite(chiSquared)
    ? `chi-squared ${chiSquared.toFixed(1)}, at most ${bound.toFixed(1)} is chance`
    : "no chance";
  return `of ${total} connections to ${to} ${told.join(", ")}: ${size}`;
}

function pathText(hops: readonly string[], nameOf: NameOf): string {
  return hops.length === 0 ? "direct" : hops.map((hop) => withName(hop, nameOf)).join(", ");
}

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
