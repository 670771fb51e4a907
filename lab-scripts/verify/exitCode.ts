/** The exit codes of DESIGN.md. */
import type { Report } from "./report/report.ts";

export const EXIT = {
  asExpected: 0,
  notAsExpected: 1,
  /** The lab is not there, or a probe could not run: nothing was proved either way. */
  notProved: 2,
  badInput: 3,
} as const;

/**
 * An error weighs more than a failure: a report with holes is no verdict on the lab. Nor is a failure beside a node that
 * does not run: it may be that node's.
 */
export function exitCodeOf({
  summary,
  troubles = [],
}: Pick<Report, "summary"> & Partial<Pick<Report, "troubles">>): number {
  const { errors, failed, total } = summary;
  if (errors > 0 || total === 0 || (failed > 0 && troubles.length > 0)) return EXIT.notProved;
  return failed > 0 ? EXIT.notAsExpected : EXIT.asExpected;
}
