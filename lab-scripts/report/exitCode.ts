/** Whether a report says anything of the lab, and the exit code that it earns. */
import { EXIT } from "../exit/codes.ts";
import type { Report } from "./schema.ts";

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
