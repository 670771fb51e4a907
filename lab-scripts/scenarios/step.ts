/** One step on a running lab: the fault, what the model expects, the step's claims, the healing, what the model expects. */
import { execa } from "execa";
import { printable } from "../../infra/machine/told.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { EXIT, Failure } from "../exit.ts";
import { changedBy, type ExpectedUnderFault, expectedUnder } from "../faults/expected.ts";
import { type Aimed, unchanged } from "../faults/fault.ts";
import { aim } from "../faults/faults.ts";
import { heal, inject } from "../faults/inject.ts";
import { given } from "../given.ts";
import { loadPlan } from "../lab/loadPlan.ts";
import { verify } from "../lab/verify.ts";
import { writeFiles } from "../lab/verifyLab.ts";
import { expectedText, resultText } from "../report/report.ts";
import type { Report } from "../report/schema.ts";
import { questionOf } from "../trace/question.ts";
import { takeTrace } from "../trace/take.ts";
import type { Claim, Said, Scene, Step } from "./scenario.ts";
import { type Gap, gapText, Watch } from "./watch.ts";

/** In which a lab must settle after a fault or its healing. */
const CONVERGE_MS = 30_000;
/** Of the checks that failed, so many are told one by one. */
const MOST_TOLD = 8;

export interface StepResult {
  /** Expectations and claims. */
  readonly checks: number;
  /** What was otherwise, in words for a learner; empty when all was as said. */
  readonly failures: readonly string[];
  /** Checks that could not be made. */
  readonly errors: number;
  readonly gap?: Gap;
}

export type Tell = (line: string) => void;

/** Nothing is wrong with the lab. */
const NO_FAULT: Aimed = { says: "", acts: [], effect: unchanged };

export async function runStep(lab: string, step: Step, tell: Tell, signal: AbortSignal): Promise<StepResult> {
  const healthy = await loadPlan(lab);
  const run = new StepRun(healthy, step.name, tell, signal);
  const words = step.fault?.split(" ");
  const fault = words ? aim(healthy, words) : NO_FAULT;
  const memories = await run.remember([...(step.claims ?? []), ...(step.healed ?? [])]);
  let gap: Gap | undefined;
  const watched = fault.passes || step.watch?.withdrawal;
  const watch = step.watch && watched ? await Watch.begin(healthy, step.watch) : undefined;
  let withdrawnAfterMs: number | undefined;
  try {
    await watch?.answered();
    if (words) {
      const began = performance.now();
      await inject(healthy, words, fault);
      tell(`  ${fault.says}`);
      if (step.watch?.withdrawal) withdrawnAfterMs = await watch?.withdrawn(began);
    }
    await run.prove(fault);
    await run.hold(step.claims, memories);
    if (fault.passes) gap = await watch?.silence();
    if (words && !fault.passes) gap = await healed(lab, healthy, step);
    if (gap?.across === "healing" && withdrawnAfterMs !== undefined) gap = { ...gap, withdrawnAfterMs };
    if (words && !fault.passes) await run.prove(NO_FAULT, "healed: ");
    await run.hold(step.healed, memories);
  } finally {
    await watch?.stop();
  }
  if (gap) run.measured(gap, step.watch!);
  return { ...run.result(), ...given({ gap }) };
}

/**
 * Undoes the fault. What it silences is watched only from here on: a router tells a sender of one lost packet a second, and
 * a watch that asks twenty times a second would leave the proof none of that.
 */
async function healed(lab: string, plan: LabPlan, { watch: watched }: Step): Promise<Gap | undefined> {
  const watch = watched && (await Watch.begin(plan, watched));
  try {
    const began = performance.now();
    await heal(lab);
    return await watch?.back(began);
  } finally {
    await watch?.stop();
  }
}

class StepRun {
  readonly #healthy: LabPlan;
  readonly #step: string;
  readonly #tell: Tell;
  readonly #signal: AbortSignal;
  readonly #failures: string[] = [];
  #checks = 0;
  #errors = 0;
  #seen: { plan: LabPlan; report: Report } | undefined;

  constructor(healthy: LabPlan, step: string, tell: Tell, signal: AbortSignal) {
    this.#healthy = healthy;
    this.#step = step;
    this.#tell = tell;
    this.#signal = signal;
  }

  result(): StepResult {
    return { checks: this.#checks, failures: this.#failures, errors: this.#errors };
  }

  async remember(claims: readonly Claim[]): Promise<Map<Claim, string>> {
    const answers = new Map<Claim, string>();
    for (const claim of claims) if (claim.before) answers.set(claim, await claim.before(this.#scene()));
    return answers;
  }

  /** Every pair ends as the model says it does now: those that the fault hits, and all the others. */
  async prove(fault: Aimed, when = ""): Promise<void> {
    const expected: ExpectedUnderFault = expectedUnder(fault, this.#healthy);
    if (fault.unproved !== undefined) {
      this.#tell(`  not proved pair by pair: ${fault.unproved}`);
      return;
    }
    const report = await verify(expected.plan, expected.expectations, {
      leftOut: expected.leftOut,
      convergeWithinMs: CONVERGE_MS,
      signal: this.#signal,
    });
    if (this.#signal.aborted) throw this.#signal.reason;
    this.#seen = { plan: expected.plan, report };
    await writeFiles(report, expected.plan, `scenario, ${when}${this.#step}`);
    const { total, passed, failed, errors } = report.summary;
    this.#checks += total;
    this.#errors += errors;
    for (const check of report.checks.filter(({ verdict }) => verdict !== "pass").slice(0, MOST_TOLD)) {
      const difference = `expected ${expectedText(check)}, observed ${resultText(check.observed)}`;
      this.#fail(`${check.id}: ${check.reason} (${difference})`);
    }
    // Nodes that the fault stops can't be asked; of the others each is a hole in the proof.
    const silent = report.troubles.filter(({ node }) => !fault.unasked?.includes(node));
    this.#errors += silent.length;
    for (const { reason } of silent) this.#fail(reason);
    if (failed + errors > MOST_TOLD) this.#fail(`… and ${failed + errors - MOST_TOLD} checks more`);
    const changed = fault === NO_FAULT ? 0 : changedBy(fault, this.#healthy).length;
    const others = changed === 0 ? "" : `, ${changed} of them otherwise than before`;
    const settled = report.convergedAfterMs === undefined ? "" : `, settled after ${report.convergedAfterMs} ms`;
    this.#tell(`  ${when}${passed} of ${total} checks as the model says${others}${settled}`);
  }

  async hold(claims: readonly Claim[] = [], memories: ReadonlyMap<Claim, string>): Promise<void> {
    for (const claim of claims) {
      if (this.#signal.aborted) throw this.#signal.reason;
      const shown: string[] = [];
      this.#checks += 1;
      const scene = this.#scene((line) => shown.push(line));
      const difference = await claim.differs(scene, memories.get(claim) ?? "");
      if (difference !== undefined) this.#fail(`${claim.says}: ${difference}`);
      else this.#tell(`  ${claim.says}`);
      for (const line of shown) this.#tell(`      ${line}`);
    }
  }

  measured(gap: Gap, { from, to, port, uninterrupted }: NonNullable<Step["watch"]>): void {
    const asked = `${from} -> ${to}${port === undefined ? "" : `:${port}`} every 50 ms`;
    this.#tell(`  ${asked}: ${gapText(gap)}`);
    if (!uninterrupted) return;
    this.#checks += 1;
    if (gap.across === "healing" || gap.lost > 0)
      this.#fail(`${asked}: no answer should be missing, but it was ${gapText(gap)}`);
  }

  #fail(text: string): void {
    this.#failures.push(text);
    this.#tell(`  FAIL ${text}`);
  }

  #scene(show: (line: string) => void = () => {}): Scene {
    const { plan, report } = this.#seen ?? { plan: this.#healthy, report: NOTHING_SEEN };
    return {
      report,
      show,
      run: (where, command) => runIn(this.#healthy, where, command),
      walk: async (from, to) => (await takeTrace(plan, questionOf(plan, from, to), { signal: this.#signal })).trace,
    };
  }
}

const NOTHING_SEEN = { checks: [] };

/** A command in a node, or in a container of a pod: `host01/web:app`. */
async function runIn(plan: LabPlan, where: string, command: string): Promise<Said> {
  const [id, name] = where.split(":");
  const pod = plan.pods.find((one) => one.id === id);
  const node = plan.nodes.find((one) => one.name === (pod?.host ?? id));
  const inner = name === "pause" ? pod?.pause : pod?.containers.find((one) => one.name === name)?.container;
  if (!node || (pod && !inner)) throw new Failure(EXIT.badInput, `${where} is neither a node nor a container of a pod`);
  const inside = inner ? ["docker", "exec", inner] : [];
  const { exitCode, all } = await execa("docker", ["exec", node.container, ...inside, "sh", "-c", command], {
    all: true,
    reject: false,
    timeout: 20_000,
  });
  return { exitCode: exitCode ?? -1, text: printable(all.trim(), "\n\t") };
}
