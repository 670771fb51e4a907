/**
 * What is wrong with a node from outside, where no resource of the engine's would see it: Docker's provider takes a paused
 * container for one that runs, and never looks where it is plugged in.
 */
import type { LabPlan, NodePlan } from "../plan/plan.ts";
import type { Inventory } from "./inventory.ts";

/**
 * What was wanted and what was found: by `node` for what its first unit mends (components/unit.ts), by `node/segment` for
 * what its link does (components/link.ts).
 */
export type Condition = ReadonlyMap<string, string>;

/** Pure. Of a node that does not run nothing is said: the provider sees that, and starts it. */
export function conditionOf(plan: LabPlan, { containers, networks }: Inventory): Condition {
  const found = new Map<string, string>();
  for (const node of plan.nodes) {
    const container = containers.find(({ name, lab }) => name === node.container && lab === plan.lab);
    if (container?.state !== "running" && container?.state !== "paused") continue;
    if (container.state === "paused") found.set(node.name, paused(node));
    for (const segment of plan.segments) {
      const own = segment.name === node.segment;
      if (!own && node.role !== "router") continue;
      const address = node.role === "router" ? segment.router : node.address;
      const network = networks.find(({ name, lab }) => name === segment.network && lab === plan.lab);
      const has = network?.plugged.get(node.container);
      if (has !== address) found.set(`${node.name}/${segment.name}`, unplugged(node, segment.network, address, has));
    }
  }
  return found;
}

const paused = ({ container }: NodePlan): string => `wanted ${container} running, found it paused`;

const unplugged = ({ container }: NodePlan, network: string, address: string, has: string | undefined): string =>
  `wanted ${container} on ${network} at ${address}, found ${has ? `it at ${has}` : "it not plugged in"}`;
