import type { LabPlan } from "../../infra/plan/plan.ts";
import { buildLab } from "../lab/buildLab.ts";
import { agreeToRun, findLab } from "../lab/labFile.ts";
import { NotBuilt } from "../lab/notBuilt.ts";
import { REPORTS } from "../lab/project.ts";
import { labOf } from "../lab/stackSpec.ts";
import { reportSince, reportText, tellContradictions, verifyLab, whereText } from "../lab/verifyLab.ts";
import { keepConfig } from "../lab/workspace.ts";
import { seconds } from "../report/amounts.ts";
import { exitCodeOf, reportOf } from "../report/report.ts";
import type { Report } from "../report/schema.ts";
import { writeReport } from "../report/write.ts";
import { setUp } from "../setup/setup.ts";

interface StartOptions {
  /** To run a lab from the web without being asked. */
  readonly yes?: boolean;
}

/**
 * Builds a lab, or brings it back to what its file says; verifies it; ends with the report.
 * @param name one that podlab comes with, a file, or an address on the web
 */
export async function start(name: string, { yes = false }: StartOptions = {}): Promise<void> {
  const file = await findLab(name);
  const { stack } = file;
  const { written, plan: asWritten } = labOf(file); // bad input is told before anything is set up
  await agreeToRun(file, yes);
  await keepConfig(file);
  const tools = await setUp();
  tellContradictions(asWritten);
  tellPlacement(asWritten);
  const since = new Date();
  const { plan, provisioning } = await buildLab(tools, stack, written).catch(async (error: unknown) => {
    if (error instanceof NotBuilt) await writeReport(unproved(asWritten.lab, since, error), REPORTS);
    throw error;
  });
  const { lab } = plan;
  const took = seconds(Date.now() - since.getTime());
  process.stderr.write(
    provisioning ? `lab ${lab} is up after ${took}\n` : `lab ${lab}: nothing to do; every node is as planned\n`,
  );
  const verified = (await reportSince(lab, since)) ?? (await verifyLab(lab, { plan }));
  if (provisioning) await writeReport({ ...verified.report, provisioning }, REPORTS);
  process.stdout.write(`${reportText(verified.report, process.stdout)}${whereText(verified)}`);
  process.exitCode = exitCodeOf(verified.report);
}

/** The report on a lab that could not be built: how far it came, and no check. */
function unproved(lab: string, startedAt: Date, { provisioning }: NotBuilt): Report {
  const { durationMs } = provisioning;
  return reportOf({ lab, startedAt, durationMs, silenceMs: 0, checks: [], troubles: [], leftOut: [], provisioning });
}

/** Tells which node is on which machine, where there are several. */
function tellPlacement({ nodes }: LabPlan): void {
  if (nodes.every(({ machine }) => machine === undefined)) return;
  const byMachine = Map.groupBy(nodes, ({ machine }) => (machine ? `machine ${machine.name}` : "the first machine"));
  for (const [machine, own] of byMachine) {
    process.stderr.write(`on ${machine}: ${own.map(({ name }) => name).join(", ")}\n`);
  }
}
