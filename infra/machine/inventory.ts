/** The containers and networks of the machine's engine: the lab's own, and those of others that it must not meet. */
import { LABEL } from "../spec/names.ts";
import { Docker } from "./docker.ts";

/** What podlab's labels say of a thing; empty where it has none. */
export interface Labelled {
  readonly id: string;
  readonly name: string;
  /** The lab that it is of. */
  readonly lab: string;
  /** The stack that it was made for. */
  readonly stack: string;
  /** What it is there: `host`, `router`, `internet`, `segment`. */
  readonly role: string;
  /** The clone that made it (owner.ts). */
  readonly owner: string;
  /** Fingerprint of what it was made from. */
  readonly spec: string;
}

export interface MachineContainer extends Labelled {
  /** As Docker says it: created, running, paused, restarting, removing, exited, dead. */
  readonly state: string;
}

export interface MachineNetwork extends Labelled {
  /** Whether the engine's machine gives what leaves its subnets another source. */
  readonly masquerades: boolean;
  readonly subnets: readonly string[];
  /** Address by container, of those that run. */
  readonly plugged: ReadonlyMap<string, string>;
}

export interface Inventory {
  readonly containers: readonly MachineContainer[];
  readonly networks: readonly MachineNetwork[];
}

interface ListedContainer {
  readonly Id: string;
  /** Each with a slash before it. */
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
}

interface ListedNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Driver: string;
  readonly Internal: boolean;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
  /** By id, of those that run; only of a network that was asked for by itself. */
  readonly Containers?: Readonly<Record<string, { readonly Name: string; readonly IPv4Address: string }>> | null;
}

export async function inventory(docker = new Docker()): Promise<Inventory> {
  const [containers, networks] = await Promise.all([listContainers(undefined, docker), machineNetworks(docker)]);
  return { containers, networks };
}

/** @param label only those with it: `key`, or `key=value` */
export async function listContainers(label?: string, docker = new Docker()): Promise<MachineContainer[]> {
  const listed = await docker.get<ListedContainer[]>("/containers/json", { all: "true", ...labelled(label) });
  return listed.map(({ Id, Names, Labels, State }) => ({
    id: Id,
    name: Names[0]?.slice(1) ?? "",
    ...labelsOf(Labels),
    state: State,
  }));
}

/** Without what is plugged in. @param label only those with it: `key`, or `key=value` */
export async function listNetworks(label?: string, docker = new Docker()): Promise<MachineNetwork[]> {
  return (await docker.get<ListedNetwork[]>("/networks", labelled(label))).map(networkOf);
}

/** What was removed since it was listed is gone; of others' networks only the subnets are of interest. */
async function machineNetworks(docker: Docker): Promise<MachineNetwork[]> {
  const listed = await docker.get<ListedNetwork[]>("/networks");
  const ours = listed.filter(({ Labels }) => Labels?.[LABEL.lab] !== undefined);
  const seen = await docker.getThere<ListedNetwork>(ours.map(({ Id }) => `/networks/${Id}`));
  return [...listed.filter((one) => !ours.includes(one)), ...seen].map(networkOf);
}

function networkOf({ Id, Name, Labels, Driver, Internal, Options, IPAM, Containers }: ListedNetwork): MachineNetwork {
  return {
    id: Id,
    name: Name,
    ...labelsOf(Labels ?? {}),
    masquerades:
      Driver === "bridge" && !Internal && Options?.["com.docker.network.bridge.enable_ip_masquerade"] !== "false",
    subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    plugged: new Map(
      Object.values(Containers ?? {}).map(({ Name: name, IPv4Address }) => [name, IPv4Address.split("/")[0]!]),
    ),
  };
}

function labelsOf(labels: Readonly<Record<string, string>>): Omit<Labelled, "id" | "name"> {
  const of = (label: keyof typeof LABEL) => labels[LABEL[label]] ?? "";
  return { lab: of("lab"), stack: of("stack"), role: of("role"), owner: of("owner"), spec: of("spec") };
}

function labelled(label: string | undefined): Record<string, string> {
  return label === undefined ? {} : { filters: JSON.stringify({ label: [label] }) };
}
