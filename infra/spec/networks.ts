/** The kinds of pod network that a spec may ask for, and what each of them fixes. What a kind builds is in plan/networks/. */

export interface NetworkTraits {
  /** The pod subnet of every host, where the kind leaves no choice: an address then does not tell which pod is meant. */
  readonly podSubnet?: string;
  /** Connects pods by IPv6 as well, in a lab that has it. */
  readonly ipv6?: true;
}

const TRAITS = {
  bgp: {},
  cni: {},
  docker0: { podSubnet: "172.17.0.0/16" },
  overlay: {},
  routed: { ipv6: true },
} as const satisfies Record<string, NetworkTraits>;

export type NetworkName = keyof typeof TRAITS;

export const NETWORKS: Readonly<Record<NetworkName, NetworkTraits>> = TRAITS;

export const NETWORK_NAMES = Object.keys(TRAITS) as NetworkName[];
