/** All nodes side by side, from one starting line; every expectation gets a result. */
import type { Expectation } from "../../infra/expect/check.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { readFact } from "./facts.ts";
import { withSharedErrors } from "./icmpRateLimit.ts";
import type { NodeJob } from "./job.ts";
import { dockerExec, type NodeExec } from "./nodeProgram.ts";
import { awaitBoot, type Boot, type NodeAnswer, type NodeTrouble, type ProbeResult, runProber } from "./prober.ts";
import { StartingLine } from "./startingLine.ts";

export interface Observations {
  /** By the expectation's number. */
  readonly results: ReadonlyMap<number, ProbeResult>;
  readonly troubles: readonly NodeTrouble[];
}

export interface ProbeOptions {
  readonly nodeExec?: NodeExec | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Absent where nothing boots. */
  readonly boot?: Boot | undefined;
  /** Takes a line about a wait that a person would wonder at. */
  readonly tell: (line: string) => void;
}

/** An exec that hangs is given up this many milliseconds after a boot would have been. */
const SLACK = 5_000;

export async function probeNodes(
  plan: LabPlan,
  expectations: readonly Expectation[],
  jobs: readonly NodeJob[],
  { nodeExec = dockerExec, signal, boot, tell }: ProbeOptions,
): Promise<Observations> {
  const results = new Map<number, ProbeResult>();
  const troubles: NodeTrouble[] = [];
  const names = plan.nodes.map(({ name }) => name);
  const line = boot && new StartingLine(names, boot.limit + SLACK, tell);
  const probed = jobs.map(async (job) => {
    const answer = await runProber(job, nodeExec, signal, line);
    if (answer.trouble) troubles.push(answer.trouble);
    for (const number of job.numbers) results.set(number, resultOf(plan, expectations[number]!, number, answer));
  });
  // Probes go to and through nodes that none comes from: the router, the internet, what a filter left out.
  const others = plan.nodes.filter(({ name }) => !jobs.some(({ node }) => node === name));
  const booted = others.map(async (node) => {
    const trouble = boot && (await awaitBoot(node, boot, nodeExec, signal));
    if (trouble) troubles.push(trouble);
    line?.arrive(node.name);
  });
  await Promise.all([...probed, ...booted]);
  return {
    results: withSharedErrors(expectations, results),
    troubles: troubles.sort((a, b) => a.node.localeCompare(b.node)),
  };
}

function resultOf(plan: LabPlan, expectation: Expectation, number: number, answer: NodeAnswer): ProbeResult {
  if (expectation.kind === "fact") return readFact(plan, expectation, answer);
  const reason = answer.trouble?.reason ?? "the prober finished without a word on it";
  return answer.results.get(String(number)) ?? { outcome: "probe-error", detail: reason };
}
