/** What a kind of pod network leaves no choice about. */
import { NETWORK_NAMES, NETWORKS, type NetworkName } from "./networks.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { ResolvedLab } from "./resolvedLab.ts";

/** Refuses what tells pods by their addresses, where several hosts have the same. @param path what asks for it */
export function needsDistinctPods(network: NetworkName, path: string): Problem[] {
  if (NETWORKS[network].podSubnet === undefined) return [];
  return problemAt(
    path,
    `can't be had with network ${network}, where an address does not tell a pod; use network routed or overlay`,
  );
}

export function podSubnetsAsTheKindHasThem(lab: ResolvedLab): Problem[] {
  const { podSubnet: fixed } = NETWORKS[lab.network];
  if (fixed === undefined) return [];
  return lab.hosts.flatMap(({ podSubnet }, at) => {
    if (podSubnet.toString() === fixed) return [];
    const message = `${podSubnet} is no choice with network ${lab.network}: remove it, every host has ${fixed}`;
    return problemAt(`hosts[${at}].podSubnet`, message);
  });
}

export function ipv6AsTheKindHasIt(lab: ResolvedLab): Problem[] {
  if (!lab.ipv6 || NETWORKS[lab.network].ipv6) return [];
  const able = NETWORK_NAMES.filter((name) => NETWORKS[name].ipv6);
  return problemAt(
    "ipv6",
    `is no choice with network ${lab.network}: remove it, or set network to ${able.join(" or ")}`,
  );
}
