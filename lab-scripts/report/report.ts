/** The report as data: what report.json holds (schema.ts) and all other writers read. */
import { type CheckResult, type Result, resultsExpected, type Verdict } from "../../infra/expect/check.ts";
import { EXIT } from "../exit.ts";
import { given } from "../given.ts";
import { amount, failures, plural, seconds, unasked } from "./amounts.ts";
import type { LeftOut, Provisioning, Report, ReportedCheck, Summary } from "./schema.ts";

/** Changes when a field changes its meaning or goes; a new optional field keeps it. */
export const SCHEMA = "podlab-report/1";

export interface ReportParts {
  readonly lab: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly silenceMs: number;
  readonly checks: readonly CheckResult[];
  readonly findings?: Report["findings"];
  readonly troubles: Report["troubles"];
  readonly leftOut: readonly LeftOut[];
  readonly provisioning?: Provisioning;
  readonly convergedAfterMs?: number;
}

export function reportOf({ startedAt, checks, findings = [], provisioning, ...parts }: ReportParts): Report {
  return {
    schema: SCHEMA,
    lab: parts.lab,
    startedAt: startedAt.toISOString(),
    durationMs: parts.durationMs,
    silenceMs: parts.silenceMs,
    summary: summaryOf(checks),
    ...given({ provisioning, convergedAfterMs: parts.convergedAfterMs }),
    troubles: parts.troubles,
    leftOut: parts.leftOut,
    findings: findings.toSorted((a, b) => b.checks.length - a.checks.length),
    checks: checks.map(reportedCheck),
  };
}

function reportedCheck({ expectation, observed, verdict, reason }: CheckResult): ReportedCheck {
  const { id, kind, origin, from, to, address, family, port, expected, or } = expectation;
  const asked = { id, kind, origin, from, to, address, ...given({ family, port }), expected, ...given({ or }) };
  return { ...asked, observed, verdict, reason };
}

/** Counts some checks by their verdict. */
export function summaryOf(checks: readonly Pick<CheckResult, "verdict" | "observed">[]): Summary {
  const count = (verdict: Verdict) => checks.filter((check) => check.verdict === verdict).length;
  const askedAgain = checks.filter(({ verdict, observed }) => verdict === "pass" && observed.asked).length;
  return {
    total: checks.length,
    passed: count("pass"),
    failed: count("fail"),
    errors: count("error"),
    ...given({ askedAgain: askedAgain || undefined }),
  };
}

/** `4,032 checks: 4,030 passed, 2 failed in 3.1 s`, with the words that belong to it. */
export function summaryLine(report: Report): string {
  const { summary, durationMs, convergedAfterMs, silenceMs, checks, leftOut, troubles } = report;
  const { total, passed, askedAgain } = summary;
  const parts = [`${amount(passed)} passed`, ...failures(summary), ...unasked(troubles)];
  const notes = [`${plural(total, "check")}: ${parts.join(", ")} in ${seconds(durationMs)}`];
  if (askedAgain !== undefined) notes.push(`${amount(askedAgain)} answered only when asked again`);
  if (convergedAfterMs !== undefined) notes.push(`converged after ${seconds(convergedAfterMs)}`);
  if (checks.some((check) => resultsExpected(check).some(({ outcome }) => outcome === "timeout")))
    notes.push(`silence means ${seconds(silenceMs)}`);
  notes.push(...leftOut.map(({ reason, count }) => `${amount(count)} left out ${reason}`));
  return notes.join("; ");
}

/** All that was expected, by chance the one or the other. */
export function expectedText(check: Pick<ReportedCheck, "expected" | "or">): string {
  return resultsExpected(check).map(resultText).join(", or ");
}

/** What was seen or expected, in a few words: `ok from 192.168.20.2 ttl 61`. */
export function resultText(result: Result): string {
  const { outcome, sourceSeen, ttl, identity, icmpFrom, hops, mtu, value, spread } = result;
  const words: string[] = [value === undefined ? outcome : value];
  if (icmpFrom !== undefined) words.push(`by ${icmpFrom}`);
  if (identity !== undefined) words.push(`from ${identity}`);
  if (sourceSeen !== undefined) words.push(`seeing ${sourceSeen}`);
  if (ttl !== undefined) words.push(`ttl ${ttl}`);
  if (hops !== undefined) words.push(`via ${hops.join(", ") || "no router"}`);
  if (mtu !== undefined) words.push(`mtu ${mtu}`);
  if (spread !== undefined) words.push(...Object.entries(spread).map(([name, part]) => `${name} ${round(part)}`));
  return words.join(" ");
}

/** A count as it is; a share as a percentage. */
function round(part: number): string {
  return part > 1 || Number.isInteger(part) ? String(part) : `${(part * 100).toFixed(1).replace(/\.0$/, "")}%`;
}

type Judged = Pick<Report, "summary" | "troubles">;

/**
 * Returns false for a report with holes, which is no verdict on the lab: nothing was probed, a probe could not run, or a node
 * could not be asked or has not finished its boot.
 */
export function isVerdict({ summary: { total, errors }, troubles }: Judged): boolean {
  return total > 0 && errors === 0 && troubles.length === 0;
}

export function exitCodeOf(report: Judged): number {
  if (!isVerdict(report)) return EXIT.notProved;
  return report.summary.failed > 0 ? EXIT.notAsExpected : EXIT.asExpected;
}

/**
 * What is made of a report's checks, kept as long as they are. `npm start` writes a report twice, the second time with what is
 * known only when Pulumi has ended: that is not one of its checks.
 */
export function oncePerChecks<T>(make: (report: Report) => T): (report: Report) => T {
  const kept = new WeakMap<Report["checks"], T>();
  return (report) => {
    const made = kept.get(report.checks) ?? make(report);
    kept.set(report.checks, made);
    return made;
  };
}
