/** The containers and networks of a lab's machines: the lab's own, and those of others that it must not meet. */

import type { MachinePlan } from "../plan/plan.ts";
import { LABEL } from "../spec/names.ts";
import { Docker } from "./docker.ts";
import { machineIn, machinesOf, type OnMachine, onMachine } from "./machines.ts";

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

export interface MachineContainer extends Labelled, OnMachine {
  /** As Docker says it: created, running, paused, restarting, removing, exited, dead. */
  readonly state: string;
  /** When it was made anew because its programs were broken. */
  readonly remade?: string | undefined;
  /** Address by id of a network, whether it runs or not. */
  readonly plugged: ReadonlyMap<string, string>;
}

export interface MachineNetwork extends Labelled, OnMachine {
  /** Of a segment: the machine that it leads to, where that is not the first. */
  readonly leadsTo?: MachinePlan | undefined;
  /** Whether the engine's machine gives what leaves its subnets another source. */
  readonly masquerades: boolean;
  readonly subnets: readonly string[];
  /** Whether the machine's ip6tables has a rule for it. */
  readonly hasRule: boolean;
}

export interface Inventory {
  readonly containers: readonly MachineContainer[];
  readonly networks: readonly MachineNetwork[];
}

/** Pure. Returns those that are meant, of containers and networks alike. */
export function partOf({ containers, networks }: Inventory, isMeant: (one: Labelled) => boolean): Inventory {
  return { containers: containers.filter(isMeant), networks: networks.filter(isMeant) };
}

/** Pure. Returns those of a lab. */
export const ofLab = (lab: string, found: Inventory): Inventory => partOf(found, (one) => one.lab === lab);

interface ListedContainer {
  readonly Id: string;
  /** Each with a slash before it. */
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
  readonly NetworkSettings?: { readonly Networks: Readonly<Record<string, Plugged>> | null };
}

/** One that does not run has no address, but knows which one it asks for. */
interface Plugged {
  readonly NetworkID: string;
  readonly IPAddress: string;
  readonly IPAMConfig?: { readonly IPv4Address?: string } | null;
}

interface ListedNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Driver: string;
  readonly Internal: boolean;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

export interface Asked {
  /** The lab whose segments tell of other machines. */
  readonly lab?: string | undefined;
  /** Machines that are asked besides. */
  readonly machines?: readonly MachinePlan[];
  /** Only what has it: `key`, or `key=value`. */
  readonly label?: string;
  /** Names of machines that are not asked. */
  readonly skipped?: readonly string[];
}

/**
 * Returns what is on the first machine, on those that segments of the lab lead to, and on the given ones.
 * @throws DockerError naming a machine that can't be asked
 */
export async function inventory({ lab, machines: given = [], label, skipped = [] }: Asked = {}): Promise<Inventory> {
  const first = await inventoryOf(undefined, label);
  const led = first.networks.filter((one) => one.lab === lab).map(({ leadsTo }) => leadsTo);
  const machines = machinesOf([...given, ...led].map((machine) => ({ machine }))).filter(
    ({ name }) => !skipped.includes(name),
  );
  const others = await Promise.all(machines.map((machine) => inventoryOf(machine, label)));
  return {
    containers: [first, ...others].flatMap(({ containers }) => containers),
    // A segment is on each machine that has a node on it, and is removed on the first one, which manages the Swarm.
    networks: [...first.networks, ...others.flatMap(({ networks }) => networks.filter(({ leadsTo }) => !leadsTo))],
  };
}

/** What is on one machine. */
async function inventoryOf(machine: MachinePlan | undefined, label: string | undefined): Promise<Inventory> {
  return onMachine(machine, async (docker) => {
    const [containers, networks] = await Promise.all([listContainers(label, docker), listNetworks(label, docker)]);
    if (machine === undefined) return { containers, networks };
    const there = <T extends object>(one: T) => ({ ...one, machine });
    return { containers: containers.map(there), networks: networks.map(there) };
  });
}

/** @param label only those with it: `key`, or `key=value` */
export async function listContainers(label?: string, docker = new Docker()): Promise<MachineContainer[]> {
  const listed = await docker.get<ListedContainer[]>("/containers/json", { all: "true", ...labelled(label) });
  return listed.map(({ Id, Names, Labels, State, NetworkSettings }) => ({
    id: Id,
    name: Names[0]?.slice(1) ?? "",
    ...labelsOf(Labels),
    state: State,
    remade: Labels[LABEL.remade],
    plugged: new Map(
      Object.values(NetworkSettings?.Networks ?? {}).map((one) => [
        one.NetworkID,
        one.IPAMConfig?.IPv4Address || one.IPAddress,
      ]),
    ),
  }));
}

/** @param label only those with it: `key`, or `key=value` */
async function listNetworks(label: string | undefined, docker: Docker): Promise<MachineNetwork[]> {
  const listed = await docker.get<ListedNetwork[]>("/networks", labelled(label));
  return listed.map(({ Id, Name, Labels, Driver, Internal, Options, IPAM }) => ({
    id: Id,
    name: Name,
    ...labelsOf(Labels ?? {}),
    masquerades:
      Driver === "bridge" && !Internal && Options?.["com.docker.network.bridge.enable_ip_masquerade"] !== "false",
    subnets: (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    hasRule: Labels?.[LABEL.rule] !== undefined,
    leadsTo: machineIn(Labels?.[LABEL.machine] ?? ""),
  }));
}

function labelsOf(labels: Readonly<Record<string, string>>): Omit<Labelled, "id" | "name"> {
  const of = (label: keyof typeof LABEL) => labels[LABEL[label]] ?? "";
  return { lab: of("lab"), stack: of("stack"), role: of("role"), owner: of("owner"), spec: of("spec") };
}

function labelled(label: string | undefined): Record<string, string> {
  return label === undefined ? {} : { filters: JSON.stringify({ label: [label] }) };
}
