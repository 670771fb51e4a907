/**
 * Containers and networks of a lab that stand in the way of its next `up`: of a run that was killed before Pulumi could note down
 * what it had made, of a plan that is not any more and whose subnets or names are wanted again, or made by hand.
 */
import type { LabPlan } from "../plan/plan.ts";
import { Subnet } from "../spec/address.ts";
import type { Inventory } from "./inventory.ts";
import type { Observations } from "./observe.ts";

/** Pure. @param known whether Pulumi's state has the id */
export function leftovers(plan: LabPlan, found: Inventory, known: (id: string) => boolean): Inventory {
  const ours = ({ lab }: { lab: string }) => lab === plan.lab;
  return {
    containers: found.containers.filter(
      (one) => ours(one) && (!known(one.id) || !plansContainer(plan, one.name) || isUnusable(one, found)),
    ),
    networks: found.networks.filter((one) => ours(one) && (!known(one.id) || !plansNetwork(plan, one))),
  };
}

/** Pure. Returns what may be left over, as far as that can be told without Pulumi's state. */
export function suspects(plan: LabPlan, found: Inventory, observed: Observations): string[] {
  const ours = ({ lab }: { lab: string }) => lab === plan.lab;
  const untold = (name: string) => {
    const seen = observed.get(name.slice(plan.lab.length + 1));
    return seen !== undefined && "digest" in seen && seen.digest === null;
  };
  const containers = found.containers.filter(
    (one) =>
      ours(one) && plansContainer(plan, one.name) && (isByHand(one) || isUnusable(one, found) || untold(one.name)),
  );
  const alone = !found.containers.some(ours);
  const networks = found.networks.filter((one) => ours(one) && (alone || isByHand(one) || overlaps(plan, one)));
  return [...containers, ...networks].map(({ name }) => name);
}

const plansContainer = ({ nodes }: LabPlan, name: string): boolean => nodes.some(({ container }) => container === name);

function plansNetwork({ segments }: LabPlan, { name, subnets }: Network): boolean {
  return segments.some(({ network, subnet }) => network === name && subnets.includes(subnet));
}

/** Whether it is none of the plan's, and has a subnet that the plan wants. */
function overlaps(plan: LabPlan, network: Network): boolean {
  if (plansNetwork(plan, network)) return false;
  return plan.segments.some(({ subnet }) =>
    network.subnets.some((other) => new Subnet(subnet).overlaps(new Subnet(other))),
  );
}

/** Every clone marks what it makes. */
const isByHand = ({ owner }: { owner: string }): boolean => owner === "";

/** One that was never started, or can't be: it is stopped, and a network that it is plugged into is gone. */
function isUnusable({ state, plugged }: Inventory["containers"][number], { networks }: Inventory): boolean {
  const lacks = [...plugged.keys()].some((id) => id !== "" && !networks.some((network) => network.id === id));
  return state === "created" || state === "dead" || state === "removing" || (state === "exited" && lacks);
}

type Network = Pick<Inventory["networks"][number], "name" | "subnets">;
