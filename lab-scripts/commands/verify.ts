import { relative } from "node:path";
import { text } from "node:stream/consumers";
import { keepRecord } from "../lab/loadPlan.ts";
import { NOT_AS_PLANNED } from "../lab/notBuilt.ts";
import { HOME, REPORTS } from "../lab/project.ts";
import { tellContradictions, verifyLab } from "../lab/verifyLab.ts";
import { terminalReport } from "../report/matrix.ts";
import { exitCodeOf } from "../report/report.ts";
import { reportFiles } from "../report/write.ts";

/** A lab that was just built may need a moment: an ARP entry, a host that still boots. */
const CONVERGE_MS = 10_000;

/** Pulumi shows it among what it has to say, on whatever terminal. */
const COLUMNS = 120;

/**
 * Verifies a lab as part of `pulumi up` (infra/components/verification.ts), which gives its record on standard input: the report's
 * summary as one line of JSON, or what is wrong.
 */
export async function verify(lab: string): Promise<void> {
  const plan = await keepRecord(lab, await text(process.stdin));
  tellContradictions(plan);
  const { report } = await verifyLab(lab, { plan, convergeWithinMs: CONVERGE_MS, part: "up" });
  process.exitCode = exitCodeOf(report);
  if (process.exitCode === 0) {
    process.stdout.write(
      `${JSON.stringify({ ...report.summary, report: relative(HOME, reportFiles(report.lab, REPORTS).json) })}\n`,
    );
  } else {
    const told = terminalReport(report, { colour: false, columns: COLUMNS });
    process.stderr.write(`${told}\npodlab: ${NOT_AS_PLANNED}\n`);
  }
}
