import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describeHolder, withLock } from "./lock.mjs";
import type { Reporter } from "./report.ts";
import type { SetUpContext, Step, Way } from "./step.ts";
import { SetupError, together } from "./step.ts";

/** What each step found or made, by its name. */
type Findings = Map<string, unknown>;

interface Planned {
  step: Step;
  way: Way;
  needs: readonly string[];
}

/**
 * Sees to all steps: detects side by side; plans what is missing, so that all that can't be done is said before
 * anything is; then runs it, each step as soon as those it needs are done. The first failure ends the others, and what
 * they had done so far stays for the next run.
 * @throws SetupError when something is missing and can't be had
 * @throws the signal's reason when the context's signal aborts
 */
export async function runSteps(steps: readonly Step[], context: SetUpContext, report: Reporter): Promise<Findings> {
  const findings: Findings = new Map();
  await detectAll(steps, context, findings);
  const missing = steps.filter(({ name }) => !findings.has(name));
  if (missing.length === 0) {
    report.nothingMissing();
    return findings;
  }
  const planned = await planAll(missing, context);
  report.begin(
    planned.map(({ step, way }) => ({ name: step.name, ...way })),
    criticalPath(planned),
  );
  try {
    await runAll(planned, context, findings, report);
  } finally {
    report.end();
  }
  return findings;
}

async function detectAll(steps: readonly Step[], context: SetUpContext, findings: Findings): Promise<void> {
  let waiting = [...steps];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ needs }) => needs.every((name) => findings.has(name)));
    if (ready.length === 0) return; // what needs something missing is taken for missing
    const found = await Promise.all(ready.map((step) => step.detect(context)));
    ready.forEach((step, index) => {
      if (found[index] !== undefined) findings.set(step.name, found[index]);
    });
    waiting = waiting.filter((step) => !ready.includes(step));
  }
}

async function planAll(missing: readonly Step[], context: SetUpContext): Promise<Planned[]> {
  const outcomes = await Promise.allSettled(missing.map((step) => step.plan(context)));
  context.signal.throwIfAborted();
  const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  const unexpected = failures.find((failure) => !(failure instanceof SetupError));
  if (unexpected !== undefined) throw unexpected;
  if (failures.length > 0) throw together(failures);
  const names = new Set(missing.map(({ name }) => name));
  return missing.flatMap((step, index) => {
    const outcome = outcomes[index];
    if (outcome?.status !== "fulfilled") return [];
    const way = outcome.value;
    return [{ step, way, needs: [...step.needs, ...(way.after ?? [])].filter((name) => names.has(name)) }];
  });
}

/** The longest chain of steps that wait for each other, in seconds: what a user waits for. */
function criticalPath(planned: readonly Planned[]): number {
  const endOf = ({ way, needs }: Planned): number =>
    way.seconds + Math.max(0, ...planned.filter(({ step }) => needs.includes(step.name)).map(endOf));
  return Math.max(0, ...planned.map(endOf));
}

async function runAll(
  planned: readonly Planned[],
  context: SetUpContext,
  findings: Findings,
  report: Reporter,
): Promise<void> {
  const stop = new AbortController();
  const inner = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const running = new Map<string, Promise<void>>();
  const failures: unknown[] = [];

  const start = ({ step, way, needs }: Planned): Promise<void> => {
    const known = running.get(step.name);
    if (known) return known;
    const before = planned.filter((other) => needs.includes(other.step.name));
    const work = (async () => {
      await Promise.all(before.map(start));
      inner.signal.throwIfAborted();
      findings.set(step.name, await runOne(step, way, inner, report));
    })().catch((error: unknown) => {
      failures.push(error);
      stop.abort(error);
      throw error;
    });
    running.set(step.name, work);
    return work;
  };
  await Promise.allSettled(planned.map(start));
  context.signal.throwIfAborted();
  // The first failure is the cause; the others are steps that were ended because of it.
  if (failures.length > 0) throw failures[0];
}

async function runOne(step: Step, way: Way, context: SetUpContext, report: Reporter): Promise<unknown> {
  const progress = report.start(step.name);
  const directory = join(context.cache, "locks", way.lock);
  mkdirSync(directory, { recursive: true });
  const onWait: Parameters<typeof withLock>[1]["onWait"] = (holder) =>
    progress.at(`waiting for ${describeHolder(holder)}, who does the same`);
  try {
    const found = await withLock(directory, { onWait, signal: context.signal }, async () => {
      const meanwhile = await step.detect(context);
      if (meanwhile !== undefined) return { value: meanwhile, how: "there meanwhile" };
      return { value: await way.run(progress, context.signal), how: way.how };
    });
    progress.done(found.how);
    return found.value;
  } catch (error) {
    progress.failed();
    throw error;
  }
}
