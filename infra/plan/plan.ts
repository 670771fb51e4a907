/**
 * The plan: every name, address, route and rule of a lab, decided once from its spec.
 * Components declare it, nodes are told it (nodeStates.ts), expectations are computed from it; none of them decides anything again.
 */
import type { Netns } from "../packet/netns.ts";
import type { ExpectSpec } from "../spec/spec.ts";
import type { EngineNetwork } from "./nodeState.ts";

export interface LabPlan {
  /** In the labels and the names of everything the lab makes. */
  readonly lab: string;
  readonly segments: readonly SegmentPlan[];
  /** Internet, router, hosts in the spec's order. */
  readonly nodes: readonly NodePlan[];
  readonly pods: readonly PodPlan[];
  /** In the spec's order. */
  readonly services: readonly ServicePlan[];
  /** Every namespace: one a node, one a pod. */
  readonly netns: readonly Netns[];
  /** What the user expects beside what the model computes. */
  readonly expect?: readonly ExpectSpec[];
}

/** A machine other than the first. The first one's Docker engine is the one that docker talks to. */
export interface MachinePlan {
  readonly name: string;
  /** Its Docker engine, as DOCKER_HOST has it, or the name of a docker context. */
  readonly host: string;
}

/** A Docker network of the machine without an address of the machine on it. */
export interface SegmentPlan {
  /** Short name, used as a link name in {@link Netns}; for example `host01-net`. */
  readonly name: string;
  /** The Docker network's name. */
  readonly network: string;
  readonly subnet: string;
  /** Bytes, where it is not Docker's default. */
  readonly mtu?: number;
  /** Where the host is that it leads to, if that is not the router's machine: then it is an overlay network of Docker Swarm. */
  readonly machine?: MachinePlan;
  /** Of an overlay network: what Swarm takes addresses from. */
  readonly range?: string;
  /** Held back in Docker's IPAM so that no container gets it; nothing answers there. */
  readonly reserved: string;
  /** The router's address on it. */
  readonly router: string;
  /** The same in IPv6, where the lab has it. Docker's network knows nothing of it. */
  readonly subnet6?: string;
  readonly router6?: string;
}

/** A container of the machine: a host, the router, or the lab's internet. */
export interface NodePlan {
  readonly name: string;
  readonly role: "host" | "router" | "internet";
  /** The container's name on the machine. */
  readonly container: string;
  /** Where it is; undefined on the first machine. */
  readonly machine?: MachinePlan;
  /** The segment it is created on, with its address there. */
  readonly segment: string;
  readonly address: string;
  readonly address6?: string;
  /** Hosts: how the engine plugs pods in; absent where CNI does. */
  readonly engineNetwork?: EngineNetwork;
  /** Hosts: the CNI config list by which plugins do. */
  readonly cni?: object;
}

export interface PodPlan {
  /** `host01/web` */
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly address: string;
  readonly address6?: string;
  /** Name of the pause container inside the host. */
  readonly pause: string;
  readonly containers: readonly ContainerPlan[];
}

/** An address that no interface has, and who is asked in its place. */
export interface ServicePlan {
  readonly name: string;
  readonly address: string;
  readonly ports: readonly ServicePortPlan[];
}

export interface ServicePortPlan {
  /** `web`, or `web.http` where the service has several. */
  readonly name: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Every node's own port that leads to it. */
  readonly nodePort?: number;
  readonly endpoints: readonly { readonly pod: string; readonly address: string; readonly port: number }[];
}

export interface ContainerPlan {
  readonly name: string;
  /** Its name inside the host. */
  readonly container: string;
  readonly image: string;
  /** In place of the image's ENTRYPOINT; empty: that. */
  readonly command: readonly string[];
  /** In place of the image's CMD; empty: that, unless there is a command. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** By TCP; podlab's own server answers by UDP, too. */
  readonly ports: readonly number[];
  /** True when the image is podlab's own and its server says who it is and whom it sees. */
  readonly identifies: boolean;
}
