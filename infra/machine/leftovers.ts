/**
 * Containers and networks of a lab that stand in the way of its next `up`: of a run that was killed before Pulumi could note down
 * what it had made, of a plan that is not any more and whose subnets or names are wanted again, or made by hand.
 */
import type { LabPlan } from "../plan/plan.ts";
import { Subnet } from "../spec/address.ts";
import { pluggedWrong } from "./cables.ts";
import { type Inventory, ofLab } from "./inventory.ts";
import { type Observations, saidBy } from "./observe.ts";

/** Pure. @param known whether Pulumi's state has the id */
export function leftovers(plan: LabPlan, found: Inventory, known: (id: string) => boolean): Inventory {
  const { containers, networks } = ofLab(plan.lab, found);
  return {
    containers: containers.filter((one) => !known(one.id) || !plansContainer(plan, one.name) || isUnusable(one, found)),
    networks: networks.filter((one) => !known(one.id) || !plansNetwork(plan, one) || isStuck(plan, found, one)),
  };
}

/** Pure. Returns those whose names or subnets Docker will refuse to an `up`, whatever Pulumi's state has: in words that say why. */
export function obstacles(plan: LabPlan, found: Inventory): string[] {
  const { containers, networks } = ofLab(plan.lab, found);
  return [
    ...containers
      .filter((one) => plansContainer(plan, one.name) && isByHand(one))
      .map(({ name }) => `container ${name} was made by hand or by an earlier version`),
    ...networks.flatMap((one) => {
      if (isByHand(one) && plansNetworkName(plan, one))
        return [`network ${one.name} was made by hand or by an earlier version`];
      const wanted = overlapped(plan, one);
      // Pulumi makes what is new before it removes what the plan has no more.
      if (!wanted || plansNetworkName(plan, one)) return [];
      return [`network ${one.name} has ${one.subnets.join(", ")}, which is now for ${wanted.network}`];
    }),
  ];
}

/** Pure. Returns what may be left over besides, as far as that can be told without Pulumi's state. */
export function suspects(plan: LabPlan, found: Inventory, observed: Observations): string[] {
  const { containers, networks } = ofLab(plan.lab, found);
  const untold = (name: string) => saidBy(name.slice(plan.lab.length + 1), observed)?.digest === null;
  return [
    ...containers.filter((one) => plansContainer(plan, one.name) && (isUnusable(one, found) || untold(one.name))),
    ...networks.filter((one) => containers.length === 0 || overlapped(plan, one)),
  ].map(({ name }) => name);
}

const plansContainer = ({ nodes }: LabPlan, name: string): boolean => nodes.some(({ container }) => container === name);

function plansNetwork({ segments }: LabPlan, { name, subnets }: Network): boolean {
  return segments.some(({ network, subnet }) => network === name && subnets.includes(subnet));
}

const plansNetworkName = ({ segments }: LabPlan, { name }: Network): boolean =>
  segments.some(({ network }) => network === name);

/** The segment whose subnet a network has that is none of the plan's. */
function overlapped(plan: LabPlan, network: Network): LabPlan["segments"][number] | undefined {
  if (plansNetwork(plan, network)) return undefined;
  return plan.segments.find(({ subnet }) =>
    network.subnets.some((other) => new Subnet(subnet).overlaps(new Subnet(other))),
  );
}

/**
 * An overlay network that a node could not be plugged into. Swarm may not have freed the address (moby/moby#27754): a network that is
 * made anew has all of its own.
 */
function isStuck(plan: LabPlan, found: Inventory, { name }: Network): boolean {
  const segment = plan.segments.find(({ network }) => network === name);
  if (segment?.machine === undefined) return false;
  return [...pluggedWrong(plan, found).keys()].some((cable) => cable.endsWith(`/${segment.name}`));
}

/** Every clone marks what it makes. */
const isByHand = ({ owner }: { owner: string }): boolean => owner === "";

/** One that was never started, or can't be: it is stopped, and a network that it is plugged into is gone. */
function isUnusable({ state, plugged }: Inventory["containers"][number], { networks }: Inventory): boolean {
  const lacks = [...plugged.keys()].some((id) => id !== "" && !networks.some((network) => network.id === id));
  return state === "created" || state === "dead" || state === "removing" || (state === "exited" && lacks);
}

type Network = Pick<Inventory["networks"][number], "name" | "subnets">;
