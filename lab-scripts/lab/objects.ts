/** What a lab has on its machines, found by its labels and by nothing else: neither state nor config is needed. */
import { type Inventory, inventory, type MachineContainer } from "../../infra/machine/inventory.ts";
import type { MachinePlan } from "../../infra/plan/plan.ts";
import { LABEL } from "../../infra/spec/names.ts";

export interface LabObjects extends Inventory {
  readonly containers: readonly (MachineContainer & { readonly running: boolean })[];
}

/**
 * @param lab one lab's objects; of every lab those that are on the first machine when left out
 * @param seen machines that are asked besides those that the lab's segments lead to
 * @param skipped names of machines that are not asked
 * @throws DockerError naming a machine that can't be asked
 */
export async function labObjects(
  lab?: string,
  seen: readonly MachinePlan[] = [],
  skipped: readonly string[] = [],
): Promise<LabObjects> {
  const label = lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`;
  const { containers, networks } = await inventory({ lab, machines: seen, label, skipped });
  return { containers: containers.map((one) => ({ ...one, running: one.state === "running" })), networks };
}
