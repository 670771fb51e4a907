/** Subnets of the lab that the machine uses already. Pure: what is in use is handed in (infra/machine/occupied.ts). */
import { Subnet } from "./address.ts";
import { overlap } from "./overlap.ts";
import type { Problem } from "./problem.ts";
import type { ResolvedLab } from "./resolvedLab.ts";

/** A subnet in use on the machine, and by whom, in words: `Docker network bridge`, `route of the machine via tun0`. */
export interface Occupied {
  readonly subnet: string;
  readonly owner: string;
}

/**
 * Only segments are asked: they are Docker networks of the machine. Pod subnets exist inside the hosts alone; what the machine's
 * firewall does to pods' packets is told by infra/machine/bridgeFirewall.ts.
 * @param there subnets of the lab's own networks: a route that came later does not reach them, for the machine has no address there
 */
export function collisions(lab: ResolvedLab, occupied: readonly Occupied[], there: readonly string[] = []): Problem[] {
  const from = { pool: lab.segmentPool, size: 24 };
  const segments = [
    { path: "internet.subnet", subnet: lab.internet.subnet, ...from },
    ...lab.hosts.map(({ segment }, at) => ({ path: `hosts[${at}].segment`, subnet: segment, ...from })),
  ];
  const used = occupied.map(({ subnet, owner }) => ({ subnet: new Subnet(subnet), owner }));
  const inside = [...lab.hosts.map(({ podSubnet }) => podSubnet), lab.serviceCidr];
  const taken = [...[...segments, ...used].map(({ subnet }) => subnet), ...inside];
  return segments.flatMap((segment) => {
    const other = used.find((one) => one.subnet.overlaps(segment.subnet));
    return !other || there.includes(String(segment.subnet)) ? [] : [overlap(segment, other, taken)];
  });
}
