/** What a lab has on the machine, found by its labels and by nothing else: neither state nor config is needed. */
import {
  listContainers,
  listNetworks,
  type MachineContainer,
  type MachineNetwork,
} from "../../infra/machine/inventory.ts";
import { LABEL } from "../../infra/spec/names.ts";

export interface LabObjects {
  readonly containers: readonly (MachineContainer & { readonly running: boolean })[];
  readonly networks: readonly MachineNetwork[];
}

/** @param lab one lab's objects; those of every lab when left out */
export async function labObjects(lab?: string): Promise<LabObjects> {
  const label = lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`;
  const [containers, networks] = await Promise.all([listContainers(label), listNetworks(label)]);
  return { containers: containers.map((one) => ({ ...one, running: one.state === "running" })), networks };
}
