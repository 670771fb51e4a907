/** The engine's lists of containers and networks, as far as podlab reads them. */
import { LABEL } from "../spec/names.ts";
import { ask } from "./engineApi.ts";

export interface MachineContainer {
  readonly id: string;
  readonly name: string;
  /** The lab that made it; empty for a container of somebody else's. */
  readonly lab: string;
  /** Of a node of a lab: what it is there. */
  readonly role: string;
  /** As Docker says it: created, running, paused, restarting, removing, exited, dead. */
  readonly state: string;
}

interface ListedContainer {
  readonly Id: string;
  /** Each with a slash before it. */
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
}

export interface ListedNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

export interface InspectedNetwork extends ListedNetwork {
  /** By id, of those that run. */
  readonly Containers?: Readonly<Record<string, { readonly Name: string; readonly IPv4Address: string }>> | null;
}

/** @param label only those with it: `key`, or `key=value` */
export async function listContainers(label?: string): Promise<MachineContainer[]> {
  const listed = await ask<ListedContainer[]>("/containers/json", { all: "true", ...labelled(label) });
  return listed.map(({ Id, Names, Labels, State }) => ({
    id: Id,
    name: Names[0]?.slice(1) ?? "",
    lab: Labels[LABEL.lab] ?? "",
    role: Labels[LABEL.role] ?? "",
    state: State,
  }));
}

/** @param label only those with it: `key`, or `key=value` */
export function listNetworks(label?: string): Promise<ListedNetwork[]> {
  return ask("/networks", labelled(label));
}

function labelled(label: string | undefined): Record<string, string> {
  return label === undefined ? {} : { filters: JSON.stringify({ label: [label] }) };
}
