/** The exit code of a report. */
import { EXIT } from "../exit/codes.ts";
import type { Report } from "./report.ts";

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
