/** What a lab has on its machines, found by its labels and by nothing else: neither state nor config is needed. */
import { type Inventory, inventory } from "../../infra/machine/inventory.ts";
import type { MachinePlan } from "../../infra/plan/plan.ts";
import { LABEL } from "../../infra/spec/names.ts";

/**
 * @param lab one lab's objects; of every lab those that are on the first machine when left out
 * @param seen machines that are asked besides those that the lab's segments lead to
 * @param skipped names of machines that are not asked
 * @throws DockerError naming a machine that can't be asked
 */
export function labObjects(
  lab?: string,
  seen: readonly MachinePlan[] = [],
  skipped: readonly string[] = [],
): Promise<Inventory> {
  const label = lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`;
  return inventory({ lab, machines: seen, label, skipped });
}
