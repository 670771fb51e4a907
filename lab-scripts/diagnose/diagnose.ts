/**
 * After a run with failures: which hop saw the packets last, and why they ended there. A few of the failed probes are
 * repeated while every node on their way captures; what they have in common is told once.
 */
import type { CheckResult } from "../../infra/expect/check.ts";
import { Network } from "../../infra/packet/network.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { NodeTrouble } from "../verify/prober.ts";
import { type CaptureOptions, capture } from "./capture.ts";
import { explain } from "./explain.ts";
import { Finder, type Finding } from "./finding.ts";
import type { MachineFirewall } from "./machine/firewall.ts";
import { pick } from "./pick.ts";
import { Scene } from "./scene.ts";
import { type Section, sectionsOf } from "./section.ts";
import { probeOf, type Trial, trialsOf } from "./shot.ts";
import { deadPods, factFindings, nodesDown } from "./told.ts";

/** What the first repeated probes leave unexplained is tried in another round. */
const ROUNDS = 2;
/** Milliseconds for all of it, whatever hangs. */
const LONGEST = 20_000;
/** In a lab of so few nodes all of them capture: a packet that went astray may be anywhere. */
const SMALL_LAB = 8;

/** Never rejects for what it meets in the lab; a cause that is not found is left out. */
export async function diagnose(
  plan: LabPlan,
  results: readonly CheckResult[],
  troubles: readonly NodeTrouble[],
  options: CaptureOptions & {
    /** Where the lab runs on one whose firewall may be to blame. */
    readonly machine?: MachineFirewall | undefined;
    readonly tell?: (line: string) => void;
  },
): Promise<Finding[]> {
  const network = new Network(plan.netns);
  const cases = results
    .filter(({ verdict, expectation: { kind } }) => verdict !== "pass" && kind !== "fact")
    .map((check): Case => ({ check, sections: sectionsOf(network, probeOf(check)) }));
  const finders = new Finders();
  for (const cause of [...nodesDown(plan, troubles), ...deadPods(plan, results)]) finders.open(cause);
  let open = finders.take(cases).filter(({ check }) => check.verdict === "fail");
  const signal = AbortSignal.any([AbortSignal.timeout(LONGEST), ...(options.signal ? [options.signal] : [])]);
  for (let round = 0; round < ROUNDS && open.length > 0 && !signal.aborted; round += 1) {
    const failed = open.map(({ check }) => check);
    const trials = trialsOf(network, pick(plan, failed));
    const shots = trials.flatMap((trial) => trial.shots);
    const nodes = capturedNodes(plan, trials).filter((name) => !troubles.some(({ node }) => node === name));
    const { machine } = options;
    await machine?.begin();
    const events = await capture(plan, nodes, shots, { ...options, signal });
    await machine?.end();
    const scene = new Scene(plan, events, machine);
    for (const reason of scene.silent) options.tell?.(`not seen why: ${reason}`);
    for (const trial of trials) {
      const explained = explain(scene, trial);
      if (!explained) continue;
      const { cause, story, notes } = explained;
      const finder = finders.open(cause, story);
      finder.support(notes);
      finder.tell(story);
      finder.add(trial.check.expectation.id);
    }
    const tried = new Set(trials.map(({ check }) => check));
    open = finders.take(open).filter(({ check }) => !tried.has(check));
  }
  return factFindings(plan, results, finders.all)
    .map((finder) => finder.finding(plan))
    .filter(({ checks }) => checks.length > 0);
}

/** A check that did not pass, and where its packets pass by the model. */
interface Case {
  readonly check: CheckResult;
  readonly sections: readonly Section[];
}

class Finders {
  readonly #byKey = new Map<string, Finder>();

  get all(): Finder[] {
    return [...this.#byKey.values()];
  }

  open(...[cause, story]: ConstructorParameters<typeof Finder>): Finder {
    const finder = this.#byKey.get(cause.key) ?? new Finder(cause, story);
    this.#byKey.set(cause.key, finder);
    return finder;
  }

  /** Gives every case to the finding that one of its sections meets; returns those that meet none. */
  take(cases: readonly Case[]): Case[] {
    return cases.filter(({ check, sections }) => {
      const finder = this.all.find(({ cause }) => sections.some((section) => cause.covers(section)));
      finder?.add(check.expectation.id);
      return finder === undefined;
    });
  }
}

function capturedNodes(plan: LabPlan, trials: readonly Trial[]): string[] {
  if (plan.nodes.length <= SMALL_LAB) return plan.nodes.map(({ name }) => name);
  const nodeOf = new Map(plan.netns.map(({ id, node }) => [id, node]));
  const nodes = trials.flatMap(({ check: { expectation }, walk: { forward, reply } }) => [
    nodeOf.get(expectation.from),
    nodeOf.get(expectation.to),
    ...[...forward, ...reply].map(({ node }) => node),
  ]);
  return [...new Set(nodes.filter((name) => name !== undefined))];
}
