/** A lab of two hosts as the machine's engine has it when all is well. */

import { cablesOf } from "../../../infra/machine/cables.ts";
import type { MachineContainer, MachineNetwork } from "../../../infra/machine/inventory.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { planLab } from "../../../infra/plan/planner.ts";
import { readLab } from "../../../infra/spec/read.ts";

export const SPEC = { hosts: 2, podsPerHost: 1, segmentPool: "10.240.0.0/16", internet: { subnet: "203.0.113.0/24" } };
export const PLAN: LabPlan = planLab(readLab(SPEC, "lab"));
export const OWNER = "0123456789abcdef";

export interface Found {
  readonly containers: (MachineContainer & { plugged: Map<string, string> })[];
  readonly networks: MachineNetwork[];
}

/** @param specs what things were made from, by their names */
export function healthy(specs: ReadonlyMap<string, string> = new Map(), plan = PLAN): Found {
  const labels = { lab: "lab", stack: "lab", owner: OWNER };
  const common = (name: string) => ({ id: `id-${name}`, name, ...labels, spec: specs.get(name) ?? "" });
  return {
    containers: plan.nodes.map((node) => ({
      ...common(node.container),
      role: node.role,
      state: "running",
      plugged: new Map(cablesOf(plan, node).map(({ segment, address }) => [`id-${segment.network}`, address])),
    })),
    networks: plan.segments.map(({ network, subnet }) => ({
      ...common(network),
      role: "segment",
      masquerades: false,
      subnets: [subnet],
      hasRule: false,
    })),
  };
}

/** Addresses of a container by network. */
export const pluggedOf = ({ containers }: Found, name: string) => containers.find((one) => one.name === name)!.plugged;
