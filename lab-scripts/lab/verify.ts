/** Verification: a run of probes, why checks failed, and the report of both. */
import type { CheckResult, Expectation } from "../../infra/expect/check.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { Finding } from "../diagnose/finding.ts";
import { reportOf } from "../report/report.ts";
import type { LeftOut, Provisioning, Report } from "../report/schema.ts";
import { isEmpty } from "../verify/filter.ts";
import { dockerExec } from "../verify/nodeProgram.ts";
import type { NodeTrouble } from "../verify/prober.ts";
import { type RunOptions, run, toStderr } from "../verify/run.ts";

export interface VerifyOptions extends Omit<RunOptions, "hopeless"> {
  /** Finds out where the packets of failed checks ended, and why; takes some seconds, and nothing when all is well. */
  readonly diagnose?: boolean;
  /** Expectations there are besides. */
  readonly leftOut?: readonly LeftOut[];
  readonly provisioning?: Provisioning;
}

/** @throws NothingToCheck when the filter leaves nothing */
export async function verify(
  plan: LabPlan,
  expectations: readonly Expectation[],
  { diagnose, leftOut = [], provisioning, ...options }: VerifyOptions = {},
): Promise<Report> {
  // A machine that drops the lab's frames goes on doing so.
  const hopeless = diagnose ? machineDrops(plan, options) : undefined;
  const seen = await run(plan, expectations, { ...options, ...(hopeless ? { hopeless } : {}) });
  const findings = diagnose ? await findingsOf(plan, seen.checks, seen.troubles, options) : [];
  return reportOf({
    lab: plan.lab,
    ...seen,
    findings,
    leftOut: leftOutOf(options, leftOut, expectations.length - seen.checks.length),
    ...(provisioning ? { provisioning } : {}),
  });
}

/** Whether the machine's firewall drops frames of the lab, or what is between its machines does, which is told at once. */
async function machineDrops(plan: LabPlan, { nodeExec, tell = toStderr }: RunOptions): Promise<boolean> {
  // Nodes that are reached in another way are no containers of an engine.
  if (nodeExec) return false;
  const { preflight } = await import("../diagnose/machine/preflight.ts");
  const told = [(await preflight(plan)) ?? [], await betweenMachines(plan)].flat();
  for (const line of told) tell(line);
  return told.length > 0;
}

async function betweenMachines(plan: LabPlan): Promise<string[]> {
  if (plan.nodes.every(({ machine }) => machine === undefined)) return [];
  return (await import("../diagnose/machine/trunk.ts")).trunkTroubles(plan);
}

/** The report is worth more than its reasons: a diagnosis that breaks off leaves it as it is. */
async function findingsOf(
  plan: LabPlan,
  checks: readonly CheckResult[],
  troubles: readonly NodeTrouble[],
  { nodeExec, netnsLocator, signal, tell = toStderr }: RunOptions,
): Promise<Finding[]> {
  if (checks.every(({ verdict }) => verdict === "pass")) return [];
  // Loaded only now: a lab that is as expected needs no reasons.
  const [{ diagnose }, { MachineFirewall }] = await Promise.all([
    import("../diagnose/diagnose.ts"),
    import("../diagnose/machine/firewall.ts"),
  ]);
  const machine = nodeExec ? undefined : await MachineFirewall.of(plan);
  const options = { nodeExec: nodeExec ?? dockerExec, netnsLocator, signal, tell, machine };
  return diagnose(plan, checks, troubles, options).catch((error: Error) => {
    tell(`why it failed could not be found out: ${error.stack}`);
    return [];
  });
}

/** A filter comes before any limit: what it lets through was not left out for another reason. */
function leftOutOf({ filter = {} }: RunOptions, leftOut: readonly LeftOut[], others: number): readonly LeftOut[] {
  if (isEmpty(filter)) return leftOut;
  const count = leftOut.reduce((sum, one) => sum + one.count, others);
  return count > 0 ? [{ reason: "by the filter", count }] : [];
}
