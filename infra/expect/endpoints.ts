/** Who asks and who is asked: the ends of the matrix. */

import type { Listener } from "../packet/netns.ts";
import type { LabPlan, NodePlan, ServicePlan } from "../plan/plan.ts";
import { bare, isIPv6 } from "../spec/address.ts";
import { serviceTarget } from "../spec/names.ts";

export type FamilyNumber = 4 | 6;

/** Something with a name and an address that packets can be sent to. */
export interface Target {
  /** `host01/web`, `host02`, `router`, `internet`, `svc/web`, or `host01:cbr0` for another address of a node. */
  readonly name: string;
  readonly address: string;
  /** The host it is, or is on; absent for the router and the internet. */
  readonly host?: string;
  /** An address that no interface has: there is nothing but the ports that are served. */
  readonly virtual?: { readonly first: boolean };
  /** What is served at that address when the packet gets where the plan means it to go. */
  readonly listeners: readonly Listener[];
}

interface Addresses {
  readonly address?: string | undefined;
  readonly address6?: string | undefined;
}

/** Where probes start: a pod's or a host's namespace. */
export interface Source {
  readonly netns: string;
  readonly host: string;
}

/** What the id of a check by IPv6 ends in, to tell it from the one by IPv4. */
export const familyMark = (address: string): string => (isIPv6(address) ? " (IPv6)" : "");

/** The field of a check that says so. */
export const familyOf = (address: string): { readonly family?: 6 } => (isIPv6(address) ? { family: 6 } : {});

/** IPv4, and IPv6 where the lab has it. */
export function familiesIn({ nodes }: LabPlan): FamilyNumber[] {
  return nodes.some(({ address6 }) => address6 !== undefined) ? [4, 6] : [4];
}

/** Every pod, then every host. */
export function sourcesOf(plan: LabPlan): Source[] {
  return [
    ...plan.pods.map(({ id, host }) => ({ netns: id, host })),
    ...plan.nodes.filter(({ role }) => role === "host").map(({ name }) => ({ netns: name, host: name })),
  ];
}

/**
 * Everything `source` is expected to reach or not to reach, itself left out: pods, hosts by their address on their segment,
 * the router by its address on the source's host's segment (the one a packet of the source comes to first), the internet,
 * services.
 * @param family which of their addresses; who has none of it is no target
 */
export function targetsOf(plan: LabPlan, source: Source, family: FamilyNumber = 4): Target[] {
  return targetsFor(plan, family)(source);
}

/** targetsOf for many sources: what does not depend on the source is worked out once. */
export function targetsFor(plan: LabPlan, family: FamilyNumber): (source: Source) => Target[] {
  const listeners = listenersBy(plan);
  const addressIn = (one: Addresses) => (family === 6 ? one.address6 : one.address);
  const node = ({ name, role }: NodePlan, address: string | undefined): Target[] => {
    const own = role === "host" ? { host: name } : {};
    const nodePorts = role === "host" && family === 4 ? plan.services.flatMap(nodePortsOf) : [];
    return address === undefined ? [] : [{ name, address, ...own, listeners: [...listeners(name), ...nodePorts] }];
  };
  const nodes = (role: NodePlan["role"]) => plan.nodes.filter((one) => one.role === role);
  const fixed = (role: NodePlan["role"]) => nodes(role).flatMap((one) => node(one, addressIn(one)));
  const pods = plan.pods.flatMap((pod): Target[] => {
    const address = addressIn(pod);
    return address === undefined ? [] : [{ name: pod.id, address, host: pod.host, listeners: listeners(pod.id) }];
  });
  // Services have IPv4 addresses only.
  const services = family === 4 ? plan.services.map(serviceAsTarget) : [];
  const inside = [...pods, ...fixed("host")];
  const outside = [...fixed("internet"), ...services];
  const routers = (host: string) => nodes("router").flatMap((one) => node(one, addressIn(routerOn(plan, host))));
  return ({ netns, host }) => [...inside, ...routers(host), ...outside].filter(({ name }) => name !== netns);
}

/** Somebody outside, the router, and what it has of services: the hosts' own ports that lead to them. */
export function outsidePairs(plan: LabPlan): { source: Source; target: Target }[] {
  const listeners = plan.services.flatMap(nodePortsOf);
  if (listeners.length === 0) return [];
  const source = { netns: "router", host: "router" };
  const hosts = plan.nodes.filter(({ role }) => role === "host");
  return hosts.map(({ name, address }) => {
    return { source, target: { name, address, host: name, virtual: { first: false }, listeners } };
  });
}

/** A target by the name or the address a user gives; undefined when the lab has nothing of that name. */
export function targetNamed(plan: LabPlan, source: Source, name: string, family: FamilyNumber = 4): Target | undefined {
  const listeners = listenersBy(plan);
  const known = targetsOf(plan, source, family).find((one) => one.name === name);
  if (known !== undefined) return known;
  const [id = "", dev] = name.split(":");
  const netns = plan.netns.find((one) => one.id === id);
  const cidr = netns?.interfaces
    .find((one) => dev === undefined || one.name === dev)
    ?.addresses.find((one) => isIPv6(one) === (family === 6));
  if (cidr === undefined) return undefined;
  return { name, address: bare(cidr), listeners: listeners(id) };
}

function serviceAsTarget({ name, address, ports }: ServicePlan, at: number): Target {
  const listeners = ports.map(({ protocol, port }): Listener => ({ protocol, port }));
  return { name: serviceTarget(name), address, virtual: { first: at === 0 }, listeners };
}

function nodePortsOf({ ports }: ServicePlan): Listener[] {
  return ports.flatMap(({ nodePort, protocol }) => (nodePort === undefined ? [] : [{ protocol, port: nodePort }]));
}

/** The router's addresses on a host's segment. */
function routerOn(plan: LabPlan, host: string): Addresses {
  const segment = plan.nodes.find(({ name }) => name === host)?.segment;
  const found = plan.segments.find(({ name }) => name === segment);
  if (found === undefined) throw new Error(`the plan puts ${host} on segment ${segment}, which it does not have`);
  return { address: found.router, address6: found.router6 };
}

function listenersBy(plan: LabPlan): (id: string) => readonly Listener[] {
  const byId = new Map(plan.netns.map(({ id, listeners }) => [id, listeners]));
  return (id) => byId.get(id) ?? [];
}
