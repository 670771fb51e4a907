/** Subnets of the lab that the machine uses already. Pure: what is in use is handed in (infra/machine/occupied.ts). */
import { Subnet } from "./address.ts";
import { overlap, type Problem } from "./problem.ts";
import type { ResolvedLab } from "./resolvedLab.ts";
import { freeSubnet } from "./rules.ts";

/** A subnet in use on the machine, and by whom, in words: `Docker network bridge`, `route of the machine via tun0`. */
export interface Occupied {
  readonly subnet: string;
  readonly owner: string;
}

/**
 * Only segments are asked: they are Docker networks of the machine. Pod subnets exist inside the hosts alone, where
 * nothing of the machine can meet them.
 */
export function collisions(lab: ResolvedLab, occupied: readonly Occupied[]): Problem[] {
  const segments = [
    { path: "internet.subnet", subnet: lab.internet.subnet },
    ...lab.hosts.map(({ segment }, at) => ({ path: `hosts[${at}].segment`, subnet: segment })),
  ];
  const used = occupied.map(({ subnet, owner }) => ({ subnet: new Subnet(subnet), owner }));
  const taken = [...segments, ...used, ...lab.hosts.map(({ podSubnet }) => ({ subnet: podSubnet }))].map(
    ({ subnet }) => subnet,
  );
  return segments.flatMap(({ path, subnet }) => {
    const other = used.find((one) => one.subnet.overlaps(subnet));
    if (!other) return [];
    const free = freeSubnet(lab.segmentPool, 24, taken) ?? freeSubnet(new Subnet("10.0.0.0/8"), 24, taken);
    // All that is proposed must do together.
    if (free) taken.push(free);
    return [overlap(path, subnet, other, free)];
  });
}
