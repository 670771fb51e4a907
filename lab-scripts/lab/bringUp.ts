/** All that `npm start` does, but what it begins before it is loaded (lab-scripts/commands/start.ts). */
import type { LabPlan } from "../../infra/plan/plan.ts";
import { setUp, type Toolchain } from "../setup/setup.ts";
import { EXIT, exitCodeOf } from "../verify/exitCode.ts";
import { dockerExec } from "../verify/nodeProgram.ts";
import { type Begun, Probers } from "../verify/probers.ts";
import { type Provisioning, type Report, reportOf, seconds } from "../verify/report/report.ts";
import { writeReport } from "../verify/report/write.ts";
import { forgetHowLeft, howLeft, type Noted, noteHowLeft, toldLast } from "./asLeft.ts";
import { Attendant, type Attended } from "./attend/attendant.ts";
import type { LanguageHost } from "./attend/languageHost.ts";
import { lookAhead } from "./attend/lookAndProbe.ts";
import { buildLab, NotBuilt } from "./build.ts";
import { tellContradictions } from "./contradictions.ts";
import { REPORTS } from "./project.ts";
import { dropProof } from "./proofs.ts";
import { stackLab, stackLabHere } from "./stackSpec.ts";
import { reportSince, reportText, type Verified, verifyLab, whereText } from "./verifyLab.ts";

/**
 * @param before how the last run left the lab
 * @param host what Pulumi will run, where it will be run
 */
export async function bringUp(stack: string, before: Noted | undefined, host: LanguageHost | undefined): Promise<void> {
  const known = stackLab(stack); // bad input is told before anything is set up
  const tools = await setUp({ for: "lab" });
  const { plan, found } = await stackLabHere(stack, known);
  tellContradictions(plan);
  // One that was stopped left a proof: not of this one.
  if (!found.containers.some(({ lab }) => lab === plan.lab)) dropProof(plan.lab);

  const since = new Date();
  const ahead = lookAhead(plan, found, { probers: before !== undefined });
  const { looks, waiting } = ahead;
  try {
    const left = await howLeft(stack, plan, before, found, looks);
    if (left.all) await proveAsLeft(stack, plan, waiting);
    else await build(tools, stack, plan, since, { looks, waiting, host, refresh: !left.outside });
  } finally {
    ahead.dismiss();
  }
}

/**
 * The engine proves a lab whenever anything in it changed. Where nothing did, it is proved here: what is printed was seen in
 * this run, never before it.
 */
async function proveAsLeft(stack: string, plan: LabPlan, waiting: Begun): Promise<void> {
  process.stderr.write(`lab ${plan.lab}: nothing to do; outside and inside it is as the last run left it\n`);
  const probers = new Probers(plan.nodes, {}, dockerExec, waiting);
  tell(await verifyLab(plan.lab, { plan, probers, told: toldLast(stack) }));
}

interface BuildOptions extends Omit<Attended, "plan" | "changes"> {
  readonly host: LanguageHost | undefined;
  readonly refresh: boolean;
}

async function build(
  tools: Toolchain,
  stack: string,
  plan: LabPlan,
  since: Date,
  { host, refresh, ...attended }: BuildOptions,
): Promise<void> {
  forgetHowLeft(stack);
  const { lab } = plan;
  const attendant = await Attendant.begin({ plan, ...attended, changes: true });
  try {
    const provisioning = await buildLab(tools, stack, lab, { host, refresh, env: attendant.env });
    process.stderr.write(`lab ${lab} is up after ${seconds(Date.now() - since.getTime())}\n`);
    const seen =
      (await attendant.verified) ??
      (await reportSince(lab, since)) ??
      (await verifyLab(lab, { told: toldLast(stack) }));
    // Side by side: while Docker is asked how the lab is left, its report is written.
    const noted = exitCodeOf(seen.report) === EXIT.asExpected ? noteHowLeft(stack, plan) : undefined;
    const told = writeReport({ ...seen.report, provisioning }, REPORTS).then(() => tell(seen));
    await Promise.all([told, noted]);
  } catch (error) {
    if (error instanceof NotBuilt) await writeReport(unproved(lab, since, error.provisioning), REPORTS);
    throw error;
  } finally {
    await attendant.end();
  }
}

function tell(seen: Verified): void {
  process.stdout.write(`${reportText(seen.report, process.stdout)}${whereText(seen)}`);
  process.exitCode = exitCodeOf(seen.report);
}

/** The report on a lab that could not be built: how far it came, and no check. */
function unproved(lab: string, startedAt: Date, provisioning: Provisioning): Report {
  const { durationMs } = provisioning;
  return reportOf({ lab, startedAt, durationMs, silenceMs: 0, checks: [], troubles: [], leftOut: [], provisioning });
}
