import { setTimeout as sleep } from "node:timers/promises";
import { whichLab } from "../lab/loadPlan.ts";
import { reportText, type VerifyLabOptions, verifyLab, whereText } from "../lab/verifyLab.ts";
import { seconds } from "../report/amounts.ts";
import { exitCodeOf } from "../report/report.ts";
import type { Report } from "../report/schema.ts";
import { reportJson } from "../report/write.ts";
import type { Filter } from "../verify/filter.ts";

interface CheckOptions extends Filter {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Between two rounds of --watch. */
const PAUSE_MS = 1000;

/** Probes the running lab, prints the matrix, ends with the exit code that the report earns. */
export async function check(name: string | undefined, { all, json, watch, ...filter }: CheckOptions): Promise<void> {
  const lab = await whichLab(name);
  if (watch) return watchLab(lab, { filter, all });
  const seen = await verifyLab(lab, { filter, all });
  if (json) process.stdout.write(reportJson(seen.report));
  else process.stdout.write(`${reportText(seen.report, process.stdout)}${whereText(seen)}`);
  process.exitCode = exitCodeOf(seen.report);
}

/** Until Ctrl-C: the matrix drawn again, and a line for every check whose verdict changed. */
async function watchLab(lab: string, options: VerifyLabOptions): Promise<never> {
  let before: Report | undefined;
  for (;;) {
    const { report } = await verifyLab(lab, { ...options, part: "watch" });
    const clear = process.stdout.isTTY ? "\x1b[2J\x1b[H" : "";
    process.stdout.write(`${clear}${reportText(report, process.stdout)}${changes(before, report)}`);
    before = report;
    await sleep(PAUSE_MS);
  }
}

function changes(before: Report | undefined, now: Report): string {
  const verdicts = new Map(before?.checks.map(({ id, verdict }) => [id, verdict]));
  // What the round before left out counts as well.
  const changed = now.checks.filter(({ id, verdict }) => before && (verdicts.get(id) ?? "pass") !== verdict);
  const time = new Date(now.startedAt).toLocaleTimeString("en-GB");
  if (changed.length === 0) return `${time}: nothing changed (a round took ${seconds(now.durationMs)}); Ctrl-C ends\n`;
  return changed.map(({ id, verdict, reason }) => `${time}: ${verdict} ${id}${reason ? `: ${reason}` : ""}\n`).join("");
}
