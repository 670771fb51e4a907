/** All nodes side by side, within bounds; every expectation gets a result. */
import type { Expectation } from "../../infra/model/check.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { readFact } from "./facts.ts";
import { withHearsay } from "./hearsay.ts";
import type { NodeJob } from "./job.ts";
import { dockerExec, type NodeAnswer, type NodeDoor, type NodeTrouble, type ProbeResult, runProber } from "./prober.ts";

/** Probers at once. They wait more than they work; beyond this a laptop's memory would feel it. */
const SIDE_BY_SIDE = 32;

export interface Observations {
  /** By the expectation's number. */
  readonly results: ReadonlyMap<number, ProbeResult>;
  readonly troubles: readonly NodeTrouble[];
}

export async function probeNodes(
  plan: LabPlan,
  expectations: readonly Expectation[],
  jobs: readonly NodeJob[],
  options: { readonly nodeDoor?: NodeDoor | undefined; readonly signal?: AbortSignal | undefined },
): Promise<Observations> {
  const results = new Map<number, ProbeResult>();
  const troubles: NodeTrouble[] = [];
  const waiting = [...jobs];
  const worker = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const answer = await runProber(job, options.nodeDoor ?? dockerExec, options.signal);
      if (answer.trouble) troubles.push(answer.trouble);
      for (const number of job.numbers) results.set(number, resultOf(plan, expectations[number]!, number, answer));
    }
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, jobs.length) }, worker));
  return {
    results: withHearsay(expectations, results),
    troubles: troubles.sort((a, b) => a.node.localeCompare(b.node)),
  };
}

function resultOf(plan: LabPlan, expectation: Expectation, number: number, answer: NodeAnswer): ProbeResult {
  if (expectation.kind === "fact") return readFact(plan, expectation, answer);
  const reason = answer.trouble?.reason ?? "the prober finished without a word on it";
  return answer.results.get(String(number)) ?? { outcome: "probe-error", detail: reason };
}
