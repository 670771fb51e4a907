import { forgetHowLeft, isAsLeft, noteHowLeft } from "../lab/asLeft.ts";
import { buildLab } from "../lab/build.ts";
import { tellContradictions } from "../lab/contradictions.ts";
import { refuseCollisions, stackLab } from "../lab/stackSpec.ts";
import { reportSince, reportText, verifyLab } from "../lab/verifyLab.ts";
import { setUp } from "../setup/setup.ts";
import { exitCodeOf } from "../verify/exitCode.ts";
import { seconds } from "../verify/report/report.ts";
import { where } from "./check.ts";

/** Builds the lab of a stack, or brings it back to what its config says; verifies it; ends with the report. */
export async function start(stack: string): Promise<void> {
  const { lab, plan } = stackLab(stack);
  const tools = await setUp({ for: "lab" });
  await refuseCollisions(lab);
  tellContradictions(plan);

  const since = new Date();
  const asLeft = await isAsLeft(stack, plan);
  if (asLeft) {
    process.stderr.write(`lab ${lab.name}: nothing to do; outside and inside it is as the last run left it\n`);
  } else {
    forgetHowLeft(stack);
    await buildLab(tools, stack, lab.name);
    process.stderr.write(`lab ${lab.name} is up after ${seconds(Date.now() - since.getTime())}\n`);
  }
  // The engine proves a lab whenever anything in it changed. Where nothing did, it is proved here: what is printed was
  // seen in this run, never before it.
  const seen = (await reportSince(lab.name, since)) ?? (await verifyLab(lab.name));
  process.stdout.write(`${reportText(seen.report, process.stdout)}${where(seen)}`);
  process.exitCode = exitCodeOf(seen.report);
  if (!asLeft && process.exitCode === 0) await noteHowLeft(stack, plan);
}
