/** The verification that is part of `pulumi up`. */
import { exitCodeOf } from "../verify/exitCode.ts";
import { terminalReport } from "../verify/report/matrix.ts";
import type { Report } from "../verify/report/report.ts";
import { type Verified, type VerifyLabOptions, verifyLab } from "./verifyLab.ts";

/** A lab that was just built may need a moment: an ARP entry, a host that still boots. */
const CONVERGE_MS = 10_000;

/** Pulumi shows it among what it has to say, on whatever terminal. */
const COLUMNS = 120;

/** The last that it says of a lab that is not. */
export const NOT_AS_PLANNED = "the lab does not do what its plan says; the report above names every difference";

export function verifyBuilt(lab: string, options: VerifyLabOptions): Promise<Verified> {
  return verifyLab(lab, { convergeWithinMs: CONVERGE_MS, part: "up", ...options });
}

/** What the resource says of it. */
export interface Told {
  readonly exitCode: number;
  /** The stack's output `verification`: one line of JSON, of a lab that does what its plan says. */
  readonly output?: string;
  /** What is wrong with it, otherwise. */
  readonly tell?: string;
}

export function toldOf(report: Report): Told {
  const exitCode = exitCodeOf(report);
  if (exitCode !== 0) {
    const text = terminalReport(report, { colour: false, columns: COLUMNS });
    return { exitCode, tell: `${text}\npodlab: ${NOT_AS_PLANNED}\n` };
  }
  const output = `${JSON.stringify({ ...report.summary, report: `report/${report.lab}/report.json` })}\n`;
  return { exitCode, output };
}
