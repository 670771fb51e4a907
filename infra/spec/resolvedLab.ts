/** A lab with nothing left open: what the user wrote, and a value for all that was left out (resolve.ts). */
import type { Subnet } from "./address.ts";
import type { Labels, PolicySpec } from "./kubernetes.ts";
import type { NetworkName } from "./networks.ts";
import type { ContainerSpec, ExpectSpec } from "./spec.ts";

/** A machine other than the first. */
export interface ResolvedMachine {
  readonly name: string;
  /** Its Docker engine, as DOCKER_HOST has it, or the name of a docker context. */
  readonly host: string;
}

export interface ResolvedLab {
  readonly name: string;
  readonly network: NetworkName;
  readonly hosts: readonly ResolvedHost[];
  /** Bytes of a packet on segments and in pods. */
  readonly mtu: number;
  readonly podCidr: Subnet;
  readonly segmentPool: Subnet;
  readonly nonMasqueradeCidrs: readonly string[];
  readonly routerMasquerades: boolean;
  /** Labels of every namespace that there is, by its name. */
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly services: readonly ResolvedService[];
  readonly serviceCidr: Subnet;
  /** Services hide every client from their endpoints. */
  readonly masqueradeAll: boolean;
  readonly policies: readonly PolicySpec[];
  readonly expect: readonly ExpectSpec[];
  readonly internet: ResolvedInternet;
  /** Present in a lab of two families: where subnets of IPv6 that are not given come from. */
  readonly ipv6?: { readonly podCidr: Subnet; readonly segmentPool: Subnet };
}

export interface ResolvedInternet {
  readonly subnet: Subnet;
  readonly address: string;
  readonly v6?: { readonly subnet: Subnet; readonly address: string };
}

export interface ResolvedService {
  readonly name: string;
  readonly namespace: string;
  /** Undefined when serviceCidr has no address left. */
  readonly clusterIP: string | undefined;
  readonly ports: readonly ResolvedServicePort[];
  /** Ids of pods (`host01/web`); rules.ts says so of one that is none. */
  readonly endpoints: readonly string[];
}

export interface ResolvedServicePort {
  readonly name: string | undefined;
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
  /** A number, or the name of a container's port, which need not be the same number in all endpoints. */
  readonly targetPort: number | string;
  readonly nodePort: number | undefined;
}

export interface ResolvedHost {
  readonly name: string;
  /** Undefined on the first machine. */
  readonly machine?: ResolvedMachine;
  readonly segment: Subnet;
  readonly address: string;
  readonly podSubnet: Subnet;
  /** The same in IPv6, in a lab that has it. */
  readonly v6?: { readonly segment: Subnet; readonly address: string; readonly podSubnet: Subnet };
  readonly pods: readonly ResolvedPod[];
}

export interface ResolvedPod {
  readonly name: string;
  /** Undefined when the pod subnet has no address left: the pod fits no host. */
  readonly address: string | undefined;
  readonly address6?: string | undefined;
  readonly namespace: string;
  readonly labels: Labels;
  readonly containers: readonly ContainerSpec[];
}
