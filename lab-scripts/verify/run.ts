/** A run of probes: expectations in, verdicts out. It asks the kernel by real packets, never the plan. */
import { setTimeout } from "node:timers/promises";
import type { CheckResult, Expectation } from "../../infra/expect/check.ts";
import type { Netns } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { type Filter, select } from "./filter.ts";
import { type NetnsLocator, nodeJobs } from "./job.ts";
import type { NodeExec } from "./nodeProgram.ts";
import { CONVERGING, PATIENCE, type Patience } from "./patience.ts";
import { probeNodes } from "./probeNodes.ts";
import { type NodeTrouble, READY_FILE } from "./prober.ts";
import { judge } from "./verdict.ts";
import { namesIn } from "./wording.ts";

export interface RunOptions {
  readonly filter?: Filter;
  /** Ends the run early; what was not probed is a probe-error. */
  readonly signal?: AbortSignal;
  /** Only while a lab settles, after an `up` or a boot: failed checks are tried again for up to this many milliseconds. */
  readonly convergeWithinMs?: number;
  /** Resolves to true when the lab cannot settle: nothing is tried again. */
  readonly hopeless?: Promise<boolean>;
  readonly patience?: Partial<Patience>;
  /** The file that tells that a node's boot is finished; null where there is none. */
  readonly readyFile?: string | null;
  /** Takes a line when there is a wait to explain; standard error unless told. */
  readonly tell?: (line: string) => void;
  /** How to run a command in a node; `docker exec` unless told. */
  readonly nodeExec?: NodeExec;
  /** Where a namespace is found from inside its node. */
  readonly netnsLocator?: (netns: Netns) => NetnsLocator;
}

export interface Run {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** How long a silence had to hold to count as one. */
  readonly silenceMs: number;
  readonly checks: readonly CheckResult[];
  readonly troubles: readonly NodeTrouble[];
  /** Present when checks failed at first and passed once the lab had settled. */
  readonly convergedAfterMs?: number;
}

const BETWEEN_TRIES = 500;

/**
 * Probes a lab and compares. Exactly one try per check, unless `convergeWithinMs` is given.
 * @throws NothingToCheck when the filter leaves nothing
 */
export async function run(plan: LabPlan, expectations: readonly Expectation[], options: RunOptions = {}): Promise<Run> {
  const startedAt = new Date();
  const started = performance.now();
  const since = () => Math.round(performance.now() - started);
  const selected = select(expectations, options.filter ?? {});
  const patience: Patience = { ...PATIENCE, ...options.patience };
  const results = new Map<number, CheckResult>();
  let troubles: readonly NodeTrouble[] = [];
  const attempt = async (numbers: readonly number[], waits: Patience) => {
    const seen = await probed(plan, expectations, numbers, waits, options);
    for (const [number, result] of seen.results) results.set(number, result);
    troubles = seen.troubles;
  };
  const open = () => selected.filter((number) => results.get(number)?.verdict !== "pass");

  let until = options.convergeWithinMs ?? 0;
  void options.hopeless?.then((hopeless) => {
    if (hopeless) until = 0;
  });
  await attempt(selected, patience);
  let convergedAfterMs: number | undefined;
  while (open().length > 0 && since() < until && !options.signal?.aborted) {
    await setTimeout(BETWEEN_TRIES);
    await attempt(open(), { ...patience, ...CONVERGING });
    if (open().length === 0) convergedAfterMs = since();
  }
  // The last word on what still fails is a patient one: a short try may mistake a no-route for silence.
  if (until > 0 && open().length > 0) await attempt(open(), patience);

  return {
    startedAt,
    durationMs: since(),
    silenceMs: patience.silence,
    checks: selected.map((number) => results.get(number)!),
    troubles,
    ...(convergedAfterMs === undefined ? {} : { convergedAfterMs }),
  };
}

export function toStderr(line: string): void {
  process.stderr.write(`podlab: ${line}\n`);
}

/** One try of some expectations, with the verdict on each. */
async function probed(
  plan: LabPlan,
  expectations: readonly Expectation[],
  numbers: readonly number[],
  patience: Patience,
  { readyFile = READY_FILE, netnsLocator, nodeExec, signal, tell = toStderr }: RunOptions,
) {
  const jobs = nodeJobs(plan, expectations, numbers, { patience, readyFile, netnsLocator });
  const boot = readyFile === null ? undefined : { readyFile, limit: patience.ready };
  const { results, troubles } = await probeNodes(plan, expectations, jobs, { nodeExec, signal, boot, tell });
  const nameOf = namesIn(plan);
  const judged = [...results].map(([number, seen]): [number, CheckResult] => {
    const expectation = expectations[number]!;
    const { control: _, ...observed } = seen;
    return [number, { expectation, observed, ...judge(expectation, seen, nameOf) }];
  });
  return { results: judged, troubles };
}
