/** What a node that is there lacks. */
import type { Condition } from "../machine/condition.ts";
import type { Observations } from "../machine/observe.ts";
import type { NodePlan, UnitPlan } from "../plan/plan.ts";
import { unitDigest } from "./scripts.ts";

/**
 * Pure. The units that are new to the node, where nothing else is to be done in it: all others are there as planned, none besides,
 * and it is plugged in. (The router's record of the lab's spec changes with every other node, and nothing waits for it.)
 * @returns undefined where there is more to do, or where nobody knows
 */
export function lackedBy(
  node: NodePlan,
  { answered, units }: Observations,
  condition: Condition,
): readonly UnitPlan[] | undefined {
  const own = `${node.name}/`;
  if (!answered.has(node.name)) return undefined;
  if ([...condition.keys()].some((where) => where === node.name || where.startsWith(own))) return undefined;
  const planned = new Map(node.units.map((unit) => [own + unit.name, unit]));
  const asPlanned = [...units].every(([name, { drift, digest }]) => {
    if (!name.startsWith(own)) return true;
    const unit = planned.get(name);
    return unit?.kind === "record" || (unit !== undefined && drift === undefined && digest === unitDigest(unit));
  });
  return asPlanned ? node.units.filter(({ name }) => !units.has(own + name)) : undefined;
}
