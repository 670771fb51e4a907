/** Who asks and who is asked: the ends of the matrix. */
import type { Listener } from "./netns.ts";
import type { LabPlan, NodePlan } from "./plan.ts";

/** Something with a name and an address that packets can be sent to. */
export interface Target {
  /** `host01/web`, `host02`, `router`, `internet`, or `host01:cbr0` for another address of a node. */
  readonly name: string;
  readonly address: string;
  /** The host it is, or is on; absent for the router and the internet. */
  readonly host?: string;
  /** What is served at that address when the packet gets where the plan means it to go. */
  readonly listeners: readonly Listener[];
}

/** Where probes start: a pod's or a host's namespace. */
export interface Source {
  readonly netns: string;
  readonly host: string;
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
 * the router by its address on the source's host's segment (the one a packet of the source comes to first), the internet.
 */
export function targetsOf(plan: LabPlan, source: Source): Target[] {
  const listeners = listenersBy(plan);
  const node = ({ name, role, address }: NodePlan): Target => {
    const own = role === "host" ? { host: name } : {};
    const asked = role === "router" ? routerAddress(plan, source.host) : address;
    return { name, address: asked, ...own, listeners: listeners(name) };
  };
  const of = (role: NodePlan["role"]) => plan.nodes.filter((one) => one.role === role).map(node);
  const pods = plan.pods.map(
    ({ id, host, address }): Target => ({ name: id, address, host, listeners: listeners(id) }),
  );
  const targets = [...pods, ...of("host"), ...of("router"), ...of("internet")];
  return targets.filter(({ name }) => name !== source.netns);
}

/** A target by the name or the address a user gives; undefined when the lab has nothing of that name. */
export function targetNamed(plan: LabPlan, source: Source, name: string): Target | undefined {
  const listeners = listenersBy(plan);
  const known = targetsOf(plan, source).find((one) => one.name === name);
  if (known !== undefined) return known;
  const [id = "", dev] = name.split(":");
  const netns = plan.netns.find((one) => one.id === id);
  const cidr = netns?.interfaces.find((one) => dev === undefined || one.name === dev)?.addresses[0];
  if (cidr === undefined) return undefined;
  return { name, address: cidr.slice(0, cidr.indexOf("/")), listeners: listeners(id) };
}

function routerAddress(plan: LabPlan, host: string): string {
  const segment = plan.nodes.find(({ name }) => name === host)?.segment;
  const found = plan.segments.find(({ name }) => name === segment);
  if (found === undefined) throw new Error(`the plan puts ${host} on segment ${segment}, which it does not have`);
  return found.router;
}

function listenersBy(plan: LabPlan): (id: string) => readonly Listener[] {
  const byId = new Map(plan.netns.map(({ id, listeners }) => [id, listeners]));
  return (id) => byId.get(id) ?? [];
}
