/** Where a node is not plugged in as planned: no resource sees it, for Docker's provider never looks at a container's networks. */
import type { LabPlan, NodePlan } from "../plan/plan.ts";
import type { Inventory } from "./inventory.ts";

/** Pure. Returns what was wanted and what was found, by `node/segment`, of all nodes that are there. */
export function pluggedWrong(plan: LabPlan, { containers, networks }: Inventory): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const node of plan.nodes) {
    const container = containers.find(({ name, lab }) => name === node.container && lab === plan.lab);
    if (!container) continue;
    for (const { segment, address } of cablesOf(plan, node)) {
      const network = networks.find(({ name, lab }) => name === segment.network && lab === plan.lab);
      const has = network && container.plugged.get(network.id);
      if (has === address) continue;
      const where = has === undefined ? "it not plugged in" : `it at ${has}`;
      found.set(
        `${node.name}/${segment.name}`,
        `wanted ${node.container} on ${segment.network} at ${address}, found ${where}`,
      );
    }
  }
  return found;
}

/** Pure. Returns the segments that the node is plugged into, with its address there. */
export function cablesOf({ segments }: LabPlan, node: NodePlan) {
  if (node.role === "router") return segments.map((segment) => ({ segment, address: segment.router }));
  return segments.filter(({ name }) => name === node.segment).map((segment) => ({ segment, address: node.address }));
}
