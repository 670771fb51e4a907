/**
 * A plan as something to draw: boxes with interfaces, what they hold, and the links between them. It reads only namespaces
 * and links, never the kind of network: a new kind is drawn without a change here.
 */
import type { Interface, Netns, Route } from "../../infra/packet/netns.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";

export interface Topology {
  readonly lab: string;
  /** Internet and router, and whatever else is no host, from top to bottom. */
  readonly core: readonly Box[];
  readonly hosts: readonly Box[];
  /** Layer-2 networks between nodes. */
  readonly segments: readonly Segment[];
  /** Networks above the segments: each joins the VXLAN interfaces of one id. */
  readonly tunnels: readonly Tunnel[];
}

export interface Box {
  /** The namespace's id: `host01`. */
  readonly id: string;
  readonly role: Netns["role"];
  /** Interfaces that lead out of the node, VXLAN last. */
  readonly ports: readonly Port[];
  readonly bridges: readonly Bridge[];
  /** Pods on no bridge of their host. */
  readonly pods: readonly Pod[];
  /** The router's. */
  readonly routes: readonly string[];
  /** True when it changes addresses. */
  readonly nat: boolean;
}

export interface Port {
  readonly name: string;
  readonly addresses: readonly string[];
  /** The segment, or the tunnel, that it is plugged into. */
  readonly link: string;
}

export interface Bridge extends Port {
  readonly pods: readonly Pod[];
}

export interface Pod {
  readonly id: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly link: string;
  readonly containers: readonly { readonly name: string; readonly ports: readonly number[] }[];
}

export interface Segment {
  readonly name: string;
  readonly ends: readonly { readonly box: string; readonly port: string }[];
}

export interface Tunnel {
  /** `VXLAN 1`, which is also the link of its ports. */
  readonly name: string;
  readonly udpPort: number;
  readonly mtu: number;
  readonly ends: Segment["ends"];
}

/** `eth0 10.240.1.2/24` */
export function portText({ name, addresses }: Port): string {
  return [name, ...addresses].join(" ");
}

/** A pod's name, its addresses, its containers with their ports: a line each. */
export function podLines({ name, addresses, containers }: Pod): string[] {
  return [name, ...addresses, ...containers.map(containerText)];
}

export function containerText({ name, ports }: Pod["containers"][number]): string {
  return [name, ...ports.map((port) => `:${port}`)].join(" ");
}

/** What a tunnel's packets are in, and how large they may be. */
export function tunnelText({ udpPort, mtu }: Tunnel): string {
  return `UDP/${udpPort}, MTU ${mtu}`;
}

/** What of a plan is drawn. */
export type Drawn = Pick<LabPlan, "lab" | "netns" | "pods">;

export function topologyOf(plan: Drawn): Topology {
  const nodes = plan.netns.filter(({ role }) => role !== "pod");
  const boxes = nodes.map((netns) => boxOf(plan, netns));
  return {
    lab: plan.lab,
    core: boxes.filter(({ role }) => role !== "host"),
    hosts: boxes.filter(({ role }) => role === "host"),
    segments: segmentsOf(boxes),
    tunnels: tunnelsOf(nodes),
  };
}

function boxOf(plan: Drawn, netns: Netns): Box {
  const { id, role, interfaces, routes, nat } = netns;
  const pods = plan.netns.filter((one) => one.role === "pod" && one.node === id).map((one) => podOf(plan, one));
  const bridges = interfaces
    .filter(({ kind }) => kind === "bridge")
    .map((one): Bridge => ({ ...portOf(one), pods: pods.filter(({ link }) => link === one.link) }));
  const bridged = new Set(bridges.flatMap((bridge) => bridge.pods));
  const outward = interfaces.filter(({ kind, link }) => kind !== "bridge" && !pods.some((pod) => pod.link === link));
  return {
    id,
    role,
    ports: [...outward.filter(({ vxlan }) => !vxlan), ...outward.filter(({ vxlan }) => vxlan)].map(portOf),
    bridges,
    pods: pods.filter((pod) => !bridged.has(pod)),
    routes: role === "router" ? routes.map(routeText) : [],
    nat: nat.some(({ action }) => action.kind !== "accept"),
  };
}

const routeText = ({ destination, via, dev, type }: Route) => `${destination} ${type ?? `→ ${via ?? dev}`}`;

function podOf(plan: Drawn, { id, interfaces }: Netns): Pod {
  const pod = plan.pods.find((one) => one.id === id)!;
  const { addresses = [], link = "" } = interfaces[0] ?? {};
  // The pause container holds the namespace that the others join.
  return { id, name: pod.name, addresses, link, containers: [{ name: "pause", ports: [] }, ...pod.containers] };
}

function portOf({ name, addresses, link, vxlan }: Interface): Port {
  return { name, addresses, link: vxlan ? tunnelName(vxlan.id) : link };
}

const tunnelName = (id: number): string => `VXLAN ${id}`;

function segmentsOf(boxes: readonly Box[]): Segment[] {
  const ends = boxes.flatMap(({ id, ports }) => ports.map(({ name, link }) => ({ box: id, port: name, link })));
  return [...Map.groupBy(ends, ({ link }) => link)]
    .filter(([name]) => !name.startsWith("VXLAN "))
    .map(([name, joined]) => ({ name, ends: joined.map(({ box, port }) => ({ box, port })) }));
}

function tunnelsOf(nodes: readonly Netns[]): Tunnel[] {
  const ends = nodes.flatMap(({ id, interfaces }) =>
    interfaces.flatMap(({ name, mtu, vxlan }) => (vxlan ? [{ box: id, port: name, mtu, vxlan }] : [])),
  );
  return [...Map.groupBy(ends, ({ vxlan }) => vxlan.id)].map(([id, joined]) => ({
    name: tunnelName(id),
    udpPort: joined[0]!.vxlan.port,
    mtu: Math.min(...joined.map(({ mtu }) => mtu)),
    ends: joined.map(({ box, port }) => ({ box, port })),
  }));
}
