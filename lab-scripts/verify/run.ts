/** Verification: expectations in, a report out. It asks the kernel by real packets, never the plan. */
import type { CheckResult, Expectation } from "../../infra/expect/check.ts";
import type { Netns } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { namesIn } from "./addressNames.ts";
import { READY_FILE } from "./boot.ts";
import type { Finding } from "./diagnose/finding.ts";
import { type Filter, select } from "./filter.ts";
import { type NetnsLocator, nodeJobs } from "./job.ts";
import { dockerExec, type NodeExec } from "./nodeProgram.ts";
import { CONVERGING, PATIENCE, type Patience } from "./patience.ts";
import { probeNodes } from "./probeNodes.ts";
import type { NodeTrouble } from "./prober.ts";
import { type LeftOut, type Provisioning, type Report, reportOf } from "./report/report.ts";
import { judge } from "./verdict.ts";

export interface VerifyOptions {
  readonly filter?: Filter;
  /** Ends the run early; what was not probed is a probe-error. */
  readonly signal?: AbortSignal;
  /** Only while a lab settles, after an `up` or a boot: failed checks are tried again for up to this many milliseconds. */
  readonly convergeWithinMs?: number;
  readonly patience?: Partial<Patience>;
  /** Finds out where the packets of failed checks ended, and why; takes some seconds, and nothing when all is well. */
  readonly diagnose?: boolean;
  readonly leftOut?: readonly LeftOut[];
  readonly provisioning?: Provisioning;
  /** The file that tells that a node's boot is finished; null where there is none. */
  readonly readyFile?: string | null;
  /** Takes a line when there is a wait to explain; standard error unless told. */
  readonly tell?: (line: string) => void;
  /** How to run a command in a node; `docker exec` unless told. */
  readonly nodeExec?: NodeExec;
  /** Where a namespace is found from inside its node. */
  readonly netnsLocator?: (netns: Netns) => NetnsLocator;
}

const BETWEEN_TRIES = 500;

/**
 * Probes a lab and compares. Exactly one try per check, unless `convergeWithinMs` is given.
 * @throws NothingToCheck when the filter leaves nothing
 */
export async function verify(
  plan: LabPlan,
  expectations: readonly Expectation[],
  options: VerifyOptions = {},
): Promise<Report> {
  const startedAt = new Date();
  const started = performance.now();
  const since = () => Math.round(performance.now() - started);
  const selected = select(expectations, options.filter ?? {});
  const patience: Patience = { ...PATIENCE, ...options.patience };
  const attempt = new Attempt(plan, expectations, options);

  // A machine that drops the lab's frames goes on doing so.
  let until = options.convergeWithinMs ?? 0;
  void machineDrops(plan, options).then((drops) => {
    if (drops) until = 0;
  });
  await attempt.run(selected, patience);
  let convergedAfterMs: number | undefined;
  while (attempt.open(selected).length > 0 && since() < until && !options.signal?.aborted) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES));
    await attempt.run(attempt.open(selected), { ...patience, ...CONVERGING });
    if (attempt.open(selected).length === 0) convergedAfterMs = since();
  }
  // The last word on what still fails is a patient one: a short try may mistake a no-route for silence.
  if (until > 0 && attempt.open(selected).length > 0) await attempt.run(attempt.open(selected), patience);

  const durationMs = since();
  const checks = selected.map((number) => attempt.result(number));
  const findings = options.diagnose ? await findingsOf(plan, checks, attempt.troubles, options) : [];
  return reportOf({
    lab: plan.lab,
    startedAt,
    durationMs,
    silenceMs: patience.silence,
    checks,
    findings,
    troubles: attempt.troubles,
    leftOut: [...(options.leftOut ?? []), ...filteredOut(expectations.length - selected.length)],
    ...(options.provisioning ? { provisioning: options.provisioning } : {}),
    ...(convergedAfterMs === undefined ? {} : { convergedAfterMs }),
  });
}

/** Whether the machine's firewall drops frames of the lab, which is told at once. */
async function machineDrops(plan: LabPlan, { nodeExec, diagnose, tell = toStderr }: VerifyOptions): Promise<boolean> {
  // Nodes that are reached in another way are no containers of an engine.
  if (nodeExec || !diagnose) return false;
  const { preflight } = await import("./machine/preflight.ts");
  const told = await preflight(plan);
  for (const line of told ?? []) tell(line);
  return told !== undefined;
}

/** The report is worth more than its reasons: a diagnosis that breaks off leaves it as it is. */
async function findingsOf(
  plan: LabPlan,
  checks: readonly CheckResult[],
  troubles: readonly NodeTrouble[],
  { nodeExec, netnsLocator, signal, tell = toStderr }: VerifyOptions,
): Promise<Finding[]> {
  if (checks.every(({ verdict }) => verdict === "pass")) return [];
  // Loaded only now: a lab that is as expected needs no reasons.
  const [{ diagnose }, { MachineFirewall }] = await Promise.all([
    import("./diagnose/diagnose.ts"),
    import("./machine/firewall.ts"),
  ]);
  const machine = nodeExec ? undefined : await MachineFirewall.of(plan);
  const options = { nodeExec: nodeExec ?? dockerExec, netnsLocator, signal, tell, machine };
  return diagnose(plan, checks, troubles, options).catch((error: Error) => {
    tell(`why it failed could not be found out: ${error.stack}`);
    return [];
  });
}

function toStderr(line: string): void {
  process.stderr.write(`podlab: ${line}\n`);
}

function filteredOut(count: number): LeftOut[] {
  return count > 0 ? [{ reason: "by the filter", count }] : [];
}

/** Results so far, the newest for each check. */
class Attempt {
  readonly #plan: LabPlan;
  readonly #expectations: readonly Expectation[];
  readonly #options: VerifyOptions;
  readonly #results = new Map<number, CheckResult>();
  troubles: readonly NodeTrouble[] = [];

  constructor(plan: LabPlan, expectations: readonly Expectation[], options: VerifyOptions) {
    this.#plan = plan;
    this.#expectations = expectations;
    this.#options = options;
  }

  async run(numbers: readonly number[], patience: Patience): Promise<void> {
    const { readyFile = READY_FILE, netnsLocator, nodeExec, signal, tell = toStderr } = this.#options;
    const jobs = nodeJobs(this.#plan, this.#expectations, numbers, {
      patience,
      ...(readyFile === null ? {} : { readyFile }),
      ...(netnsLocator ? { netnsLocator } : {}),
    });
    const boot = readyFile === null ? undefined : { readyFile, limit: patience.ready };
    const seen = await probeNodes(this.#plan, this.#expectations, jobs, { nodeExec, signal, boot, tell });
    const nameOf = namesIn(this.#plan);
    for (const [number, observed] of seen.results) {
      const expectation = this.#expectations[number]!;
      const { control: _, ...told } = observed;
      this.#results.set(number, { expectation, observed: told, ...judge(expectation, observed, nameOf) });
    }
    this.troubles = seen.troubles;
  }

  /** Those that have not passed. */
  open(numbers: readonly number[]): number[] {
    return numbers.filter((number) => this.#results.get(number)?.verdict !== "pass");
  }

  result(number: number): CheckResult {
    return this.#results.get(number)!;
  }
}
