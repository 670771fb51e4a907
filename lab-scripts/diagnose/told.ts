/** Causes that need no capture: what the run itself told of nodes, pause containers and containers. */
import type { CheckResult } from "../../infra/expect/check.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import type { NodeTrouble } from "../verify/prober.ts";
import { type Cause, nodeOf } from "./cause.ts";
import { withoutNetwork } from "./ends.ts";
import { Finder } from "./finding.ts";
import { namespacesOf } from "./section.ts";

/** Nodes that are not there or do not run: whatever begins, ends or passes there fails. */
export function nodesDown(plan: LabPlan, troubles: readonly NodeTrouble[]): Cause[] {
  return troubles.map(({ node, kind, reason }) => ({
    key: `node ${node}`,
    netns: node,
    text: reason,
    evidence: [],
    covers: (section) =>
      kind === "broken"
        ? section.kind === "made" && section.leg === "question" && nodeOf(plan, section.netns) === node
        : namespacesOf(section).some((netns) => nodeOf(plan, netns) === node),
  }));
}

/** Pods that could not be probed from: their pause container is dead, and their network with it. */
export function deadPods(plan: LabPlan, results: readonly CheckResult[]): Cause[] {
  const words = results.flatMap(({ verdict, expectation: { from }, observed: { detail } }) =>
    verdict === "error" && detail?.startsWith("pause container") ? [[from, detail] as const] : [],
  );
  return [...new Map(words)]
    .filter(([from]) => plan.pods.some(({ id }) => id === from))
    .map(([netns, why]) => withoutNetwork(netns, why, []));
}

/** Failed facts go to what was found at their pod; where nothing was, they are a finding themselves. */
export function factFindings(plan: LabPlan, results: readonly CheckResult[], finders: readonly Finder[]): Finder[] {
  const failed = results.filter(({ verdict, expectation: { kind } }) => verdict === "fail" && kind === "fact");
  const all = [...finders];
  for (const { expectation, reason } of failed) {
    const pod = expectation.to.split(":")[0]!;
    const said = `${nodeOf(plan, pod)}: ${expectation.id}: ${reason}`;
    let finder = all.find(({ cause }) => cause.netns === pod);
    if (!finder) {
      const text = `${expectation.id.replace(/^fact /, "")}: ${reason}`;
      finder = new Finder({ key: `fact ${pod}`, netns: pod, text, evidence: [], covers: () => false });
      all.push(finder);
    }
    finder.support([said]);
    finder.add(expectation.id);
  }
  return all;
}
