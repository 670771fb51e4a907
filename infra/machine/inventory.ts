/** The containers and networks of the machine's engine: the lab's own, and those of others that it must not meet. */
import { LABEL } from "../spec/names.ts";
import { askThere } from "./engineApi.ts";
import { type InspectedNetwork, listContainers, listNetworks, type MachineContainer } from "./listed.ts";

export type { MachineContainer };

export interface MachineNetwork {
  readonly id: string;
  readonly name: string;
  readonly lab: string;
  readonly role: string;
  readonly subnets: readonly string[];
  /** Address by container, of those that run. */
  readonly plugged: ReadonlyMap<string, string>;
}

export interface Inventory {
  readonly containers: readonly MachineContainer[];
  readonly networks: readonly MachineNetwork[];
}

export async function inventory(): Promise<Inventory> {
  const [containers, networks] = await Promise.all([listContainers(), machineNetworks()]);
  return { containers, networks };
}

async function machineNetworks(): Promise<MachineNetwork[]> {
  const listed = await listNetworks();
  const ours = listed.filter(({ Labels }) => Labels?.[LABEL.lab] !== undefined);
  const seen = await askThere<InspectedNetwork>(ours.map(({ Id }) => `/networks/${Id}`));
  // What was removed since it was listed is gone; of others' networks only the subnets are of interest.
  const there = [...listed.filter((one) => !ours.includes(one)), ...seen];
  return there.map(({ Id, Name, Labels, IPAM, Containers }: InspectedNetwork) => ({
    id: Id,
    name: Name,
    lab: Labels?.[LABEL.lab] ?? "",
    role: Labels?.[LABEL.role] ?? "",
    subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    plugged: new Map(
      Object.values(Containers ?? {}).map(({ Name: name, IPv4Address }) => [name, IPv4Address.split("/")[0]!]),
    ),
  }));
}
