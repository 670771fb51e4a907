/** The names by which a spec asks for a kind of pod network; kinds.ts has the kinds. */
export const NETWORK_NAMES = ["bgp", "cni", "docker0", "overlay", "routed"] as const;

export type NetworkName = (typeof NETWORK_NAMES)[number];
