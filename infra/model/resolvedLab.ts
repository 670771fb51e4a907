/** A lab with nothing left open: what the user wrote, and a value for all that was left out (resolve.ts). */
import type { Subnet } from "./address.ts";
import type { NetworkName } from "./network/names.ts";
import type { ContainerSpec, ExpectSpec } from "./spec.ts";

export interface ResolvedLab {
  readonly name: string;
  readonly network: NetworkName;
  readonly hosts: readonly ResolvedHost[];
  readonly podCidr: Subnet;
  readonly segmentPool: Subnet;
  readonly nonMasqueradeCidrs: readonly string[];
  readonly routerMasquerades: boolean;
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

export interface ResolvedHost {
  readonly name: string;
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
  readonly containers: readonly ContainerSpec[];
}
