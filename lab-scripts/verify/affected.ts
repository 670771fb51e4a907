/**
 * What must be probed again after a change in a lab that was proved before: all whose packets come from, to or through what is
 * not as it was, there or back, by the model's walk; and of the rest a sample that covers each two hosts and each pod, for what no
 * model knows of.
 */
import { ANYBODY } from "../../infra/expect/expectation.ts";
import type { Choose } from "../../infra/expect/expectations.ts";
import { type Pair, pairOf, sample } from "../../infra/expect/sample.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";

/**
 * @param ways by pair, the nodes that packets came through when all passed; a pair that has none there is probed. Packets that
 * came through none of the nodes that changed then come through none of them now: it is nodes that lead them. (What is new may
 * have the address that nobody had.)
 * @param changed nodes, and pods, that are not, or may not be, as they were
 */
export function affectedBy(
  plan: LabPlan,
  ways: ReadonlyMap<string, ReadonlySet<string>>,
  changed: ReadonlySet<string>,
): Choose {
  const nodes = new Map(plan.netns.map(({ id, node }) => [id, node]));
  const isOfChanged = (name: string) => changed.has(name) || changed.has(nodes.get(name) ?? "");
  const isConcerned = ({ from, to }: Pair) => {
    const way = ways.get(pairOf({ from, to }));
    if (way === undefined || way.has(ANYBODY) || isOfChanged(from) || isOfChanged(to)) return true;
    return [...way].some((node) => changed.has(node));
  };
  return (pairs) => {
    const { leftOut } = sample(
      pairs.filter((pair) => !isConcerned(pair)),
      0,
    );
    const over = new Set(leftOut);
    return { chosen: pairs.filter((pair) => !over.has(pair)), leftOut };
  };
}
