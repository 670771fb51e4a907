import { forgetHowLeft, howLeft, noted, noteHowLeft, toldLast } from "../lab/asLeft.ts";
import { Attendant } from "../lab/attendant.ts";
import { buildLab, NotBuilt } from "../lab/build.ts";
import { tellContradictions } from "../lab/contradictions.ts";
import { LookAndProbe } from "../lab/lookAndProbe.ts";
import { Looks } from "../lab/looks.ts";
import { REPORTS } from "../lab/project.ts";
import { stackLab, stackLabHere } from "../lab/stackSpec.ts";
import { reportSince, reportText, type Verified, verifyLab } from "../lab/verifyLab.ts";
import { setUp } from "../setup/setup.ts";
import { exitCodeOf } from "../verify/exitCode.ts";
import { dockerExec } from "../verify/nodeProgram.ts";
import { Probers } from "../verify/probers.ts";
import { type Provisioning, type Report, reportOf, seconds } from "../verify/report/report.ts";
import { writeReport } from "../verify/report/write.ts";
import { where } from "./check.ts";

/** Builds the lab of a stack, or brings it back to what its config says; verifies it; ends with the report. */
export async function start(stack: string): Promise<void> {
  stackLab(stack); // bad input is told before anything is set up
  const tools = await setUp({ for: "lab" });
  const { lab, plan, found } = await stackLabHere(stack);
  tellContradictions(plan);

  const since = new Date();
  const before = noted(stack);
  const hosts = new Map(found.containers.map(({ name, id }) => [name, id]));
  const inHosts = plan.nodes.flatMap(({ role, container }) => (role === "host" ? (hosts.get(container) ?? []) : []));
  const probing = new LookAndProbe(before?.same ? inHosts : []);
  const looks = new Looks(lab.name, found.containers, probing.ask);
  const left = await howLeft(stack, plan, before, found, looks);
  if (left.all) {
    process.stderr.write(`lab ${lab.name}: nothing to do; outside and inside it is as the last run left it\n`);
    // The engine proves a lab whenever anything in it changed. Where nothing did, it is proved here: what is printed was
    // seen in this run, never before it.
    const probers = new Probers(plan, {}, dockerExec, ({ container }) => probing.take(hosts.get(container)!));
    return tell(await verifyLab(lab.name, { plan, probers, told: toldLast(stack) }));
  }
  probing.dismiss();
  forgetHowLeft(stack);
  const attendant = await Attendant.begin(plan, looks);
  try {
    const provisioning = await buildLab(tools, stack, lab.name, { refresh: !left.outside, env: attendant.env });
    process.stderr.write(`lab ${lab.name} is up after ${seconds(Date.now() - since.getTime())}\n`);
    const seen = (await attendant.verified) ?? (await reportSince(lab.name, since)) ?? (await verifyLab(lab.name, { told: toldLast(stack) }));
    await writeReport({ ...seen.report, provisioning }, REPORTS);
    tell(seen);
  } catch (error) {
    if (error instanceof NotBuilt) await writeReport(unproved(lab.name, since, error.provisioning), REPORTS);
    throw error;
  } finally {
    await attendant.end();
  }
  if (process.exitCode === 0) await noteHowLeft(stack, plan);
}

function tell(seen: Verified): void {
  process.stdout.write(`${reportText(seen.report, process.stdout)}${where(seen)}`);
  process.exitCode = exitCodeOf(seen.report);
}

/** The report on a lab that could not be built: how far it came, and no check. */
function unproved(lab: string, startedAt: Date, provisioning: Provisioning): Report {
  const { durationMs } = provisioning;
  return reportOf({ lab, startedAt, durationMs, silenceMs: 0, checks: [], troubles: [], leftOut: [], provisioning });
}
