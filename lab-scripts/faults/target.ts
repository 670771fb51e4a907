/** Reads a fault's arguments against the lab: what doesn't fit is refused with what would. */
import { isIP } from "node:net";
import type { Interface, Netns } from "../../infra/packet/netns.ts";
import type { ContainerPlan, LabPlan, NodePlan, PodPlan } from "../../infra/plan/plan.ts";
import { bare, isIPv6, isSubnet, Subnet } from "../../infra/spec/address.ts";
import { EXIT, Failure } from "../exit.ts";

/** Bad input: says what is wrong and what would do. */
export function refuse(message: string): never {
  throw new Failure(EXIT.badInput, message);
}

export function hostNamed(plan: LabPlan, name: string | undefined): NodePlan {
  const hosts = plan.nodes.filter(({ role }) => role === "host");
  return hosts.find((one) => one.name === name) ?? refuse(`${said(name)} is no host of lab ${plan.lab}; ${has(hosts)}`);
}

export function nodeNamed(plan: LabPlan, name: string | undefined, nodes = plan.nodes): NodePlan {
  return nodes.find((one) => one.name === name) ?? refuse(`${said(name)} is no node that would do; ${has(nodes)}`);
}

export function podNamed(plan: LabPlan, id: string | undefined): PodPlan {
  const { pods } = plan;
  return (
    pods.find((one) => one.id === id) ??
    refuse(`${said(id)} is no pod of lab ${plan.lab}; ${has(pods.map((pod) => ({ name: pod.id })))}`)
  );
}

/** `host01/web:app`, or `host01/web` for its first container. */
export function containerNamed(plan: LabPlan, text: string | undefined): { pod: PodPlan; container: ContainerPlan } {
  const [id, name] = text?.split(":") ?? [];
  const pod = podNamed(plan, id);
  if (name === "pause") refuse(`the pause container of ${pod.id} is for pause-kill; ${has(pod.containers)}`);
  const container = name === undefined ? pod.containers[0]! : pod.containers.find((one) => one.name === name);
  return { pod, container: container ?? refuse(`${pod.id} has no container ${said(name)}; ${has(pod.containers)}`) };
}

/** A subnet or a single address, as iptables and ip take it. */
export function destinationOf(text: string | undefined): string {
  const [address = "", prefix = isIP(address) === 6 ? "128" : "32"] = text?.split("/") ?? [];
  const cidr = `${address}/${prefix}`;
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix) || !isSubnet(cidr)) {
    refuse(`${said(text)} is neither an address nor a subnet; write 192.168.30.0/24 or 192.168.30.2`);
  }
  return new Subnet(cidr).toString();
}

export function numberBetween(text: string | undefined, least: number, most: number, what: string): number {
  const value = Number(text);
  const fits = text !== undefined && /^\d+(\.\d+)?$/.test(text) && value >= least && value <= most;
  return fits ? value : refuse(`${said(text)} is no ${what}; give a number from ${least} to ${most}`);
}

export function netnsNamed(plan: LabPlan, id: string): Netns {
  return plan.netns.find((one) => one.id === id)!; // every node and pod of a plan has its namespace
}

/** The router's interface on a segment. */
export function routerOn(plan: LabPlan, segment: string): Interface {
  return netnsNamed(plan, "router").interfaces.find(({ link }) => link === segment)!;
}

export const forwardersOf = ({ nodes }: LabPlan): NodePlan[] => nodes.filter(({ role }) => role !== "internet");

export const hasIPv6 = ({ addresses }: Interface): boolean => addresses.some(isIPv6);

/** How the shell of a node finds an interface of the plan: Docker numbers Ethernet interfaces as it likes. */
export function deviceOf({ kind, name, addresses }: Interface): string {
  return kind === "ethernet" ? `"$(device_of ${bare(addresses[0]!)})"` : name;
}

/** `it has host01, host02` */
export function has(known: readonly { readonly name: string }[]): string {
  return known.length === 0 ? "there is none" : `it may be ${known.map(({ name }) => name).join(", ")}`;
}

export const said = (text: string | undefined): string => (text === undefined ? "nothing" : JSON.stringify(text));
