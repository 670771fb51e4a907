/** Checks a running lab: its plan from its router, expectations from the model, probes in its nodes, a report in files. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import type { Expectation } from "../../infra/expect/check.ts";
import type { Ways } from "../../infra/expect/expectation.ts";
import { type Expectations, expectations } from "../../infra/expect/expectations.ts";
import { userExpectations } from "../../infra/expect/userExpectations.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { affectedBy } from "../verify/affected.ts";
import { EXIT, exitCodeOf } from "../verify/exitCode.ts";
import { Probers } from "../verify/probers.ts";
import { changedSince, keptWays, type LabState, PROOF_VERSION, type Proof, waysOf } from "../verify/proof.ts";
import { annotate } from "../verify/report/annotations.ts";
import { drawAhead, writePage } from "../verify/report/html/writePage.ts";
import { terminalReport, wantsColour } from "../verify/report/matrix.ts";
import type { LeftOut, Report } from "../verify/report/report.ts";
import { type ReportFiles, reportFiles, writeReport } from "../verify/report/write.ts";
import { type VerifyOptions, verify } from "../verify/run.ts";
import { tellContradictions } from "./contradictions.ts";
import { loadPlan } from "./loadPlan.ts";
import { REPORTS } from "./project.ts";
import { dropProof, noteProof, readProof, stateOf, type Told } from "./proofs.ts";

export interface Verified {
  readonly report: Report;
  /** Absent for a part of the checks: what the files say is always the whole. */
  readonly files?: ReportFiles;
}

/** What is expected of a lab, and which way packets come as far as that has been computed. */
export interface Expected {
  readonly computed: Expectations;
  readonly ways: Ways;
}

/** A proof that still stands, but for what changed since. */
export interface Since {
  readonly proof: Proof;
  /** Nodes and pods. */
  readonly changed: ReadonlySet<string>;
}

export interface VerifyLabOptions extends VerifyOptions {
  /** Where it is known already; asked of the lab's router otherwise. */
  readonly plan?: LabPlan;
  /** keptRecord of the lab, where its router has been asked already. */
  readonly kept?: Promise<string>;
  /** expectedOf that plan, where it may have been computed already. */
  readonly expected?: (since?: Since) => Expected;
  /** Hears of the report before its files are written. */
  readonly hear?: (report: Report) => void;
  /** What the run is part of, for the history that the page shows: `watch`, `up`. */
  readonly part?: string;
  /** What Pulumi knows: after a change only what it concerns is probed, and a sample, where all passed before. */
  readonly told?: Told | undefined;
  /** Of a lab in which nothing changed: how many checks are probed. */
  readonly sample?: number;
}

/** Takes a second; a small lab has no more. */
const SAMPLE = 4000;

/** @throws Failure (exit code 2) when the lab is not there */
export async function verifyLab(lab: string, given: VerifyLabOptions = {}): Promise<Verified> {
  const { part, hear, kept: _, ...options } = given;
  const plan = given.plan ?? (await loadPlan(lab, given.kept));
  if (!given.plan) tellContradictions(plan);
  const whole = Object.keys(options.filter ?? {}).length === 0;
  const probers = given.probers ?? new Probers(plan.nodes, options.filter ?? {});
  await probers.begun;
  // What can't be drawn now is told when the page is written.
  const drawn = whole && drawAhead(reportFiles(lab, REPORTS).folder, plan).catch(() => {});
  const report = await verifyPlan(plan, { ...options, probers }).finally(() => probers.dismiss());
  // Whoever wanted it has ended it: this is no report on the lab.
  options.signal?.throwIfAborted();
  if (exitCodeOf(report) !== EXIT.asExpected) dropProof(lab);
  hear?.(report);
  if (!whole) return { report };
  annotate(report);
  await drawn;
  return { report, files: await writeFiles(report, plan, part) };
}

/** @param since what has been proved; then only what is to be probed again */
export function expectedOf(plan: LabPlan, since?: Since): Expected {
  const ways: Ways = new Map();
  const choose = since && affectedBy(plan, waysOf(since.proof), since.changed);
  return { computed: expectations(plan, { ways, ...(choose && { choose }) }), ways };
}

async function verifyPlan(plan: LabPlan, given: VerifyLabOptions): Promise<Report> {
  const { told, sample = SAMPLE, expected = (since) => expectedOf(plan, since), ...options } = given;
  // Of a node that is not there nobody can say what it was: all is probed, and the report says why it fails.
  const state = told && (await stateOf(plan, told).catch(() => undefined));
  const before = state && provedBefore(plan.lab, state);
  const part =
    before?.changed.size === 0
      ? await verifyUnchanged(plan, before.proof, sample, options)
      : before && (await verifyChanged(plan, before, state, expected, options));
  // Where a part did not do, nothing but the whole does; unless nobody wants it any more.
  options.signal?.throwIfAborted();
  return part ?? verifyWhole(plan, state, expected, options);
}

async function verifyWhole(
  plan: LabPlan,
  state: LabState | undefined,
  expected: () => Expected,
  options: VerifyOptions,
): Promise<Report> {
  const { computed, ways } = expected();
  const { leftOut } = computed;
  const report = await verify(plan, withUsers(plan, computed.expectations), { diagnose: true, leftOut, ...options });
  if (state && exitCodeOf(report) === EXIT.asExpected) {
    const { startedAt: wholeAt, summary } = report;
    const { total } = summary;
    noteProof(plan.lab, { version: PROOF_VERSION, ...state, wholeAt, total, leftOut, ways: keptWays(ways) });
  }
  return report;
}

/** What a change concerns, and a sample of the rest. Undefined when all is to be probed. */
async function verifyChanged(
  plan: LabPlan,
  since: Since,
  state: LabState,
  expected: (since: Since) => Expected,
  options: VerifyOptions,
): Promise<Report | undefined> {
  const { proof } = since;
  const { computed, ways } = expected(since);
  const { leftOut } = computed;
  const some = withUsers(plan, computed.expectations);
  const report = await verifyPart(computed.passedOver, proof, (left) =>
    verify(plan, some, { ...options, leftOut: [left, ...leftOut] }),
  );
  if (report) {
    noteProof(plan.lab, { ...proof, ...state, leftOut, ways: keptWays(new Map([...waysOf(proof), ...ways])) });
  }
  return report;
}

/** What of an earlier proof is worth something now, and the nodes that are not as they were then. */
function provedBefore(lab: string, state: LabState): Since | undefined {
  const proof = readProof(lab);
  const changed = proof && changedSince(proof, state);
  return changed && { proof, changed };
}

/** A sample of a large lab. Undefined when all is to be probed: it is not that large, or something is not as expected now. */
async function verifyUnchanged(
  plan: LabPlan,
  proof: Proof,
  limit: number,
  options: VerifyOptions,
): Promise<Report | undefined> {
  const { expectations: chosen, leftOut } = expectations(plan, { limit });
  // What a limit chooses of a plan is always the same: what it left out then is left out now.
  const count = sumOf(leftOut) - sumOf(proof.leftOut);
  const all = withUsers(plan, chosen);
  return verifyPart(count, proof, (left) => verify(plan, all, { ...options, leftOut: [left, ...proof.leftOut] }));
}

const sumOf = (leftOut: readonly LeftOut[]): number => leftOut.reduce((sum, { count }) => sum + count, 0);

/** Undefined when nothing would be left out, or something is not as expected. */
async function verifyPart(count: number, proof: Proof, run: (left: LeftOut) => Promise<Report>) {
  if (count === 0) return undefined;
  const report = await run({ reason: unchangedSince(proof), count });
  return exitCodeOf(report) === EXIT.asExpected ? report : undefined;
}

function unchangedSince({ wholeAt, total }: Proof): string {
  const when = new Date(wholeAt).toLocaleString("en-GB");
  const all = total.toLocaleString("en");
  return `because nothing on their way has changed since all ${all} passed, ${when} (each two hosts and each pod are covered)`;
}

/** All files of a report. The page is worth less than the verdict: what keeps it from being written is told, and no more. */
export async function writeFiles(report: Report, plan: LabPlan, part?: string): Promise<ReportFiles> {
  const files = await writeReport(report, REPORTS);
  await writePage(files.folder, report, plan, part).catch((error: Error) => {
    process.stderr.write(`podlab: ${files.page} could not be written: ${error.message}\n`);
  });
  return files;
}

/** The user's own in place of the computed ones of the same pair. */
function withUsers(plan: LabPlan, computed: readonly Expectation[]): readonly Expectation[] {
  if (!plan.expect?.length) return computed;
  const { expectations: users } = userExpectations(plan, plan.expect);
  const own = new Set(users.map(({ id }) => id));
  return [...computed.filter(({ id }) => !own.has(id)), ...users];
}

/** The report that the engine's verification wrote after `since`, if it did. */
export async function reportSince(lab: string, since: Date): Promise<Verified | undefined> {
  const files = reportFiles(lab, REPORTS);
  const report = await readFile(files.json, "utf8").then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  );
  return report && new Date(report.startedAt) >= since ? { report, files } : undefined;
}

/** The report as it stands on a terminal, or in a log. */
export function reportText(report: Report, stream: NodeJS.WriteStream): string {
  return `${terminalReport(report, { colour: wantsColour(stream), columns: stream.columns ?? 120 })}\n`;
}

/** Where the files are; nothing when none were written. */
export function whereText({ files }: Verified): string {
  return files ? `report: ${relative(process.cwd(), files.page)} (report.json, junit.xml, report.md beside it)\n` : "";
}
