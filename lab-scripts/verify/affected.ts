/**
 * What must be probed again after a change in a lab that was proved before: all whose packets come from, to or through what is
 * not as it was, there or back, by the model's walk; and of the rest a sample that covers each two hosts and each pod, for what no
 * model knows of.
 */
import type { Expectation } from "../../infra/model/check.ts";
import { ANYBODY } from "../../infra/model/expectations.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { type Pair, pairOf, sample } from "../../infra/model/sample.ts";

export interface Affected {
  /** Numbers of the expectations to probe, in their order. */
  readonly numbers: readonly number[];
  readonly leftOut: number;
}

interface NumberedPair extends Pair {
  readonly numbers: readonly number[];
}

/**
 * @param ways by pair, the nodes that packets came through when all passed; a pair that has none there is probed. Packets that
 * came through none of the nodes that changed then come through none of them now: it is nodes that lead them. (What is new may
 * have the address that nobody had.) Facts cost no
 * packet, and of many connections to a service each takes a way of its own: both are always probed
 * @param changed nodes, and pods, that are not, or may not be, as they were
 */
export function affectedBy(
  plan: LabPlan,
  expectations: readonly Expectation[],
  ways: ReadonlyMap<string, ReadonlySet<string>>,
  changed: ReadonlySet<string>,
): Affected {
  const nodes = new Map(plan.netns.map(({ id, node }) => [id, node]));
  const ofChanged = (name: string) => changed.has(name) || changed.has(nodes.get(name) ?? "");
  const concerned = ({ kind, from, to, origin }: Expectation) => {
    const way = ways.get(pairOf({ from, to }));
    // What the user expects may be another thing than before, of the same lab.
    if (origin === "config" || kind === "fact" || kind === "spread" || way === undefined) return true;
    return ofChanged(from) || ofChanged(to) || way.has(ANYBODY) || [...way].some((node) => changed.has(node));
  };
  const all = expectations.map((_, number) => number);
  const { yes = [], no = [] } = Object.groupBy(all, (number) => (concerned(expectations[number]!) ? "yes" : "no"));
  const pairs = Map.groupBy(no, (number) => pairOf(expectations[number]!));
  const { chosen, leftOut } = sample(
    [...pairs.values()].map((numbers): NumberedPair => {
      const { from, to } = expectations[numbers[0]!]!;
      const host = hostOf(plan, nodes.get(to));
      return { from, to, fromHost: nodes.get(from)!, ...(host && { toHost: host }), checks: numbers.length, numbers };
    }),
    0,
  );
  return {
    numbers: [...yes, ...chosen.flatMap(({ numbers }) => numbers)].sort((a, b) => a - b),
    leftOut: leftOut.reduce((sum, { checks }) => sum + checks, 0),
  };
}

/** The node's name when it is a host: to the sample the router and the internet are targets by themselves. */
function hostOf({ nodes }: LabPlan, name: string | undefined): string | undefined {
  return nodes.find((one) => one.name === name && one.role === "host")?.name;
}
