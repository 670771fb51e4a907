/** What a lab has on the machine, found by its labels and by nothing else: neither state nor config is needed. */
import { listContainers, listNetworks } from "../../infra/machine/listed.ts";
import { LABEL } from "../../infra/spec/names.ts";

export interface LabObjects {
  readonly containers: readonly { id: string; name: string; lab: string; running: boolean }[];
  readonly networks: readonly { id: string; name: string; lab: string }[];
}

/** @param lab one lab's objects; those of every lab when left out */
export async function labObjects(lab?: string): Promise<LabObjects> {
  const label = lab === undefined ? LABEL.lab : `${LABEL.lab}=${lab}`;
  const [containers, networks] = await Promise.all([listContainers(label), listNetworks(label)]);
  return {
    containers: containers.map(({ id, name, lab, state }) => ({ id, name, lab, running: state === "running" })),
    networks: networks.map(({ Id, Name, Labels }) => ({ id: Id, name: Name, lab: Labels?.[LABEL.lab] ?? "" })),
  };
}
