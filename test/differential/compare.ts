/** One lab: built, probed, held against the model. */
import { type Expectation, type Result, resultsExpected } from "../../infra/expect/check.ts";
import { verify } from "../../lab-scripts/lab/verify.ts";
import type { ReportedCheck } from "../../lab-scripts/report/schema.ts";
import { judge } from "../../lab-scripts/verify/verdict.ts";
import { namesIn } from "../../lab-scripts/verify/wording.ts";
import { onThisMachine } from "../netns/agent.ts";
import { PlannedLab } from "../netns/planned.ts";
import { questions, questionsNamed } from "./questions.ts";
import { stateOf, type Topology } from "./topology.ts";

export interface Difference {
  readonly expectation: Expectation;
  readonly observed: Result & { readonly detail?: string };
  readonly reason: string;
}

export interface Comparison {
  readonly expectations: readonly Expectation[];
  /** Seen twice: the model is wrong, or the agent, or the prober. */
  readonly differences: readonly Difference[];
  /** Seen once, and not when asked again: a busy machine. */
  readonly retried: readonly Difference[];
  readonly buildMs: number;
  readonly probeMs: number;
}

/**
 * Longer than the kernel waits for a neighbour (3 s): what it says then is not to be mistaken for silence.
 */
const PATIENCE = { silence: 3_500 };

export interface CompareOptions {
  /** Ids of the expectations to be held against the kernel; a choice among all unless given. */
  readonly asks?: readonly string[];
  /** What is built, where that is not what the model is told. */
  readonly built?: Topology;
  /** What is done before anything is asked. */
  readonly prepare?: (lab: PlannedLab) => Promise<void>;
}

/** @throws Error when the lab can't be built: the kernel refuses what the model takes */
export async function compare(
  topology: Topology,
  { asks, built = topology, prepare }: CompareOptions = {},
): Promise<Comparison> {
  const { plan, wanted } = stateOf(topology);
  const expectations = asks ? questionsNamed(plan, wanted, asks) : questions(plan, wanted);
  const lab = new PlannedLab(plan, stateOf(built).wanted);
  const probe = async (some: readonly Expectation[]): Promise<Difference[]> => {
    if (some.length === 0) return [];
    // One prober for the whole lab: here all namespaces are on one machine.
    const now = { ...plan, netns: wanted.map((one) => ({ ...one, node: plan.nodes[0]!.name })) };
    const options = { readyFile: null, nodeExec: onThisMachine, netnsLocator: lab.netnsLocator, patience: PATIENCE };
    const { checks } = await verify(now, some, options);
    return checks.flatMap((check, at) => differenceOf(some[at]!, check, namesIn(now)) ?? []);
  };
  const started = performance.now();
  try {
    await lab.build();
    await prepare?.(lab);
    const ready = performance.now();
    const first = await probe(expectations);
    const differences = await probe(first.map(({ expectation }) => expectation));
    const again = new Set(differences.map(({ expectation }) => expectation));
    return {
      expectations,
      differences,
      retried: first.filter(({ expectation }) => !again.has(expectation)),
      buildMs: ready - started,
      probeMs: performance.now() - ready,
    };
  } finally {
    lab.remove();
  }
}

/**
 * As verify judges, but for two things. A source that reaches nobody proves nothing by its silence to a user; here it is the
 * model that is judged. And what the model keeps silent about must not be seen.
 */
function differenceOf(
  expectation: Expectation,
  check: ReportedCheck,
  nameOf: ReturnType<typeof namesIn>,
): Difference | undefined {
  const { observed } = check;
  const { verdict, reason } = judge(expectation, { ...observed, control: "the model" }, nameOf);
  if (verdict !== "pass") return { expectation, observed, reason };
  const { expected } = expectation;
  const meant = resultsExpected(expectation).filter(({ outcome }) => outcome === observed.outcome);
  // Of a path that goes round in circles the model does not say where a prober loses its patience.
  const told = observed.outcome !== "ok" && !(expectation.kind === "path" && expected.outcome === "ttl-exceeded");
  const byIcmp = meant.some(({ icmpFrom }) => icmpFrom !== undefined);
  if (told && !byIcmp && observed.icmpFrom !== undefined) {
    return {
      expectation,
      observed,
      reason: `${observed.icmpFrom} said so by ICMP; the sender's own kernel, or nobody, was expected to`,
    };
  }
  return undefined;
}
