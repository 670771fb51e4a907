/** The containers and networks of the machine's engine: the lab's own, and those of others that it must not meet. */
import { LABEL } from "../model/names.ts";
import { docker, inspectThere, lines } from "./docker.ts";

export interface MachineContainer {
  readonly id: string;
  readonly name: string;
  /** The lab that made it; empty for a container of somebody else's. */
  readonly lab: string;
  /** As Docker says it: created, running, paused, restarting, removing, exited, dead. */
  readonly state: string;
}

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
  const [containers, networks] = await Promise.all([machineContainers(), machineNetworks()]);
  return { containers, networks };
}

async function machineContainers(): Promise<MachineContainer[]> {
  const format = `{{.ID}}\t{{.Names}}\t{{.Label "${LABEL.lab}"}}\t{{.State}}`;
  return lines(await docker("ps", "--all", "--no-trunc", "--format", format)).map((line) => {
    const [id = "", name = "", lab = "", state = ""] = line.split("\t");
    return { id, name, lab, state };
  });
}

async function machineNetworks(): Promise<MachineNetwork[]> {
  const ids = lines(await docker("network", "ls", "--quiet"));
  if (ids.length === 0) return [];
  const format =
    `{{.ID}}\t{{.Name}}\t{{index .Labels "${LABEL.lab}"}}\t{{index .Labels "${LABEL.role}"}}\t{{range .IPAM.Config}}{{.Subnet}} {{end}}\t` +
    "{{range .Containers}}{{.Name}}={{.IPv4Address}} {{end}}";
  return lines(await inspectThere("network", "inspect", "--format", format, ...ids)).map((line) => {
    const [id = "", name = "", lab = "", role = "", subnets = "", plugged = ""] = line.split("\t");
    return {
      id,
      name,
      lab,
      role,
      subnets: words(subnets),
      plugged: new Map(words(plugged).map((one) => [one.split("=")[0]!, one.split("=")[1]!.split("/")[0]!])),
    };
  });
}

const words = (text: string): string[] => text.split(" ").filter(Boolean);
