/** The engine's lists of containers and networks, as far as podlab reads them. */
import { ask } from "./engineApi.ts";

export interface ListedContainer {
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
export function listContainers(label?: string): Promise<ListedContainer[]> {
  return ask("/containers/json", { all: "true", ...labelled(label) });
}

/** @param label only those with it: `key`, or `key=value` */
export function listNetworks(label?: string): Promise<ListedNetwork[]> {
  return ask("/networks", labelled(label));
}

function labelled(label: string | undefined): Record<string, string> {
  return label === undefined ? {} : { filters: JSON.stringify({ label: [label] }) };
}
