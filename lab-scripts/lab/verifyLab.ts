/** Checks a running lab: its plan from its router, expectations from the model, probes in its nodes, a report in files. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { expectations } from "../../infra/expect/expectations.ts";
import { userExpectations } from "../../infra/expect/userExpectations.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { drawAhead, writePage } from "../page/writePage.ts";
import { annotate } from "../report/annotations.ts";
import { terminalReport, wantsColour } from "../report/matrix.ts";
import type { Report } from "../report/schema.ts";
import { type ReportFiles, reportFiles, writeReport } from "../report/write.ts";
import { isEmpty, passing } from "../verify/filter.ts";
import { loadPlan } from "./loadPlan.ts";
import { REPORTS } from "./project.ts";
import { type VerifyOptions, verify } from "./verify.ts";

export interface Verified {
  readonly report: Report;
  /** Absent for a part of the checks: what the files say is always the whole. */
  readonly files?: ReportFiles;
}

export interface VerifyLabOptions extends VerifyOptions {
  /** Where it is known already; asked of the lab's router otherwise. */
  readonly plan?: LabPlan;
  /** What the run is part of, for the history that the page shows: `watch`, `up`. */
  readonly part?: string;
  /** Probes everything, however much it is. */
  readonly all?: boolean | undefined;
}

/** @throws Failure (exit code 2) when the lab is not there */
export async function verifyLab(lab: string, { part, plan: known, ...options }: VerifyLabOptions): Promise<Verified> {
  const plan = known ?? (await loadPlan(lab));
  if (!known) tellContradictions(plan);
  const whole = isEmpty(options.filter ?? {});
  // What can't be drawn now is told when the page is written.
  const drawn = whole && drawAhead(reportFiles(lab, REPORTS).folder, plan).catch(() => {});
  const report = await verifyPlan(plan, options);
  // Whoever wanted it has ended it: this is no report on the lab.
  options.signal?.throwIfAborted();
  if (!whole) return { report };
  annotate(report);
  await drawn;
  return { report, files: await writeFiles(report, plan, part) };
}

function verifyPlan(plan: LabPlan, { all, ...options }: Omit<VerifyLabOptions, "plan" | "part">): Promise<Report> {
  const { filter = {} } = options;
  const { expectations: asked, leftOut } = expectations(plan, {
    turn: Date.now(),
    ...(all ? { limit: Number.POSITIVE_INFINITY } : {}),
    ...(isEmpty(filter) ? {} : { wanted: passing(filter) }),
  });
  return verify(plan, asked, { diagnose: true, leftOut, ...options });
}

/** All files of a report. The page is worth less than the verdict: what keeps it from being written is told, and no more. */
export async function writeFiles(report: Report, plan: LabPlan, part?: string): Promise<ReportFiles> {
  const files = await writeReport(report, REPORTS);
  await writePage(files.folder, report, plan, part).catch((error: Error) => {
    process.stderr.write(`podlab: ${files.page} could not be written: ${error.message}\n`);
  });
  return files;
}

/** The report that the verification of an `up` wrote after `since`, if it did. */
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

export function tellContradictions(plan: LabPlan): void {
  for (const { path, message } of userExpectations(plan, plan.expect ?? []).contradictions) {
    process.stderr.write(`podlab: ${path} contradicts the model: ${message}\n`);
  }
}
