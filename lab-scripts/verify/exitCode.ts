/** The exit codes of DESIGN.md. */
import type { Report } from "./report/report.ts";

export const EXIT = {
  asExpected: 0,
  notAsExpected: 1,
  /** The lab is not there, or a probe could not run: nothing was proved either way. */
  notProved: 2,
  badInput: 3,
} as const;

/** An error weighs more than a failure: a report with holes is no verdict on the lab. */
export function exitCodeOf({ summary }: Pick<Report, "summary">): number {
  if (summary.errors > 0 || summary.total === 0) return EXIT.notProved;
  return summary.failed > 0 ? EXIT.notAsExpected : EXIT.asExpected;
}
