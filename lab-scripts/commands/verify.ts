import { reportText, verifyLab } from "../lab/verifyLab.ts";
import { exitCodeOf } from "../verify/exitCode.ts";
import { Failure } from "./failure.ts";

/** A lab that was just built may need a moment: an ARP entry, a host that still boots. */
const CONVERGE_MS = 10_000;

/** What the Verification resource runs. Its last line on standard output is the stack's output `verification`. */
export async function verify(lab: string): Promise<void> {
  const { GENERATIONS: generations, MENDED: mended } = process.env;
  const told = generations === undefined ? {} : { told: { generations, mended: mended ?? "" } };
  const { report } = await verifyLab(lab, { convergeWithinMs: CONVERGE_MS, part: "up", ...told });
  const exitCode = exitCodeOf(report);
  if (exitCode === 0) {
    process.stdout.write(`${JSON.stringify({ ...report.summary, report: `report/${lab}/report.json` })}\n`);
    return;
  }
  process.stderr.write(reportText(report, process.stderr));
  throw new Failure(exitCode, "the lab does not do what its plan says; the report above names every difference");
}
