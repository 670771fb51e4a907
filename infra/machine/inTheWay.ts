/**
 * What stands in the way of what Pulumi is about to make: nodes and segments that a run made and then could not note down,
 * because it was killed in between, or that somebody made over by hand. All of it carries the lab's label; what does not is
 * never touched.
 *
 * The program can't ask what the engine's state knows. But a node is given its units, and a segment the router, only after
 * it was noted down: one without them is a suspect. It is removed before an update, and declared with a mark of the moment:
 * if it was known after all, the new mark replaces it; if not, it is created. Nothing was in it yet.
 */

import type { LabPlan } from "../plan/plan.ts";
import { Subnet } from "../spec/address.ts";
import { LABEL } from "../spec/names.ts";
import { docker, dockerWithin } from "./docker.ts";
import type { Inventory, MachineContainer, MachineNetwork } from "./inventory.ts";
import type { Observations } from "./observe.ts";

/** A host goes in a second; sixteen at once on a busy machine have taken more than twenty. */
const REMOVAL_MS = 180_000;

export interface InTheWay {
  readonly containers: readonly MachineContainer[];
  readonly networks: readonly MachineNetwork[];
}

/** Pure. @param unnoted whether nothing of the lab was noted down */
export function inTheWay(
  plan: LabPlan,
  found: Inventory,
  { units, answered }: Observations,
  unnoted: boolean,
): InTheWay {
  const ours = ({ lab }: { lab: string }) => lab === plan.lab;
  if (unnoted) return { containers: found.containers.filter(ours), networks: found.networks.filter(ours) };
  const hasUnits = new Set([...units.keys()].map((unit) => unit.split("/")[0]));
  const containers = found.containers.filter(({ name, lab, state }) => {
    const node = plan.nodes.find(({ container }) => container === name);
    if (!node || lab !== plan.lab) return false;
    return state === "created" || (answered.has(node.name) && !hasUnits.has(node.name));
  });
  const sound = found.containers.filter((one) => one.lab === plan.lab && !containers.includes(one));
  const networks = found.networks.filter((network) => {
    if (network.lab !== plan.lab) return false;
    const segment = plan.segments.find((one) => one.network === network.name);
    if (segment && network.subnets.includes(segment.subnet)) {
      const nodes = plan.nodes.filter((node) => node.role === "router" || node.segment === segment.name);
      return network.role !== "segment" || !nodes.some((node) => isPlugged(sound, network, node.container));
    }
    // Of another plan: a host was renamed, or subnets were changed.
    return plan.segments.some((one) => overlaps(one.subnet, network.subnets));
  });
  return { containers, networks };
}

/** Of a node that doesn't run one does not see where it is plugged in: nothing speaks against it. */
function isPlugged(nodes: readonly MachineContainer[], network: MachineNetwork, name: string): boolean {
  const node = nodes.find((one) => one.name === name);
  if (!node) return false;
  return network.plugged.has(name) || !["running", "paused"].includes(node.state);
}

const overlaps = (subnet: string, others: readonly string[]): boolean =>
  others.some((other) => new Subnet(other).overlaps(new Subnet(subnet)));

/** Pure. What was found and seen, as if what is in the way were gone already: it is about to be. */
export function withoutIt(plan: LabPlan, way: InTheWay, found: Inventory, seen: Observations) {
  const gone = new Set([...way.containers, ...way.networks].map(({ id }) => id));
  const names = new Set(way.containers.map(({ name }) => name));
  const nodes = new Set(plan.nodes.filter(({ container }) => names.has(container)).map(({ name }) => name));
  const stays = (node: string) => !nodes.has(node);
  return {
    inventory: {
      containers: found.containers.filter(({ id }) => !gone.has(id)),
      networks: found.networks.filter(({ id }) => !gone.has(id)),
    },
    observed: {
      units: new Map([...seen.units].filter(([unit]) => stays(unit.split("/")[0]!))),
      answered: new Set([...seen.answered].filter(stays)),
      silent: new Set([...seen.silent].filter(stays)),
    },
  };
}

/** Removes it. @returns the names, for whoever wants to tell */
export async function clearTheWay({ containers, networks }: InTheWay): Promise<string[]> {
  await Promise.all(containers.map(removeContainer));
  await Promise.all(networks.map(removeNetwork));
  return [...containers, ...networks].map(({ name }) => name);
}

export async function removeContainer({ id }: { id: string }): Promise<void> {
  await dockerWithin(REMOVAL_MS, "rm", "--force", "--volumes", id).catch(unlessGone);
}

/** What is plugged in is unplugged first. */
export async function removeNetwork({ id }: { id: string }): Promise<void> {
  const removed = await dockerWithin(REMOVAL_MS, "network", "rm", id).catch((error: Error) => {
    return /active endpoints/i.test(error.message) ? "in use" : unlessGone(error);
  });
  if (removed !== "in use") return;
  const format = "{{range $id, $_ := .Containers}}{{$id}} {{end}}";
  const plugged = await docker("network", "inspect", "--format", format, id).catch(unlessGone);
  for (const one of (plugged ?? "").trim().split(/\s+/).filter(Boolean)) {
    await docker("network", "disconnect", "--force", id, one).catch(unlessGone);
  }
  await dockerWithin(REMOVAL_MS, "network", "rm", id).catch(unlessGone);
}

function unlessGone(error: Error): undefined {
  if (/no such|not found|already in progress|is not connected/i.test(error.message)) return undefined;
  throw error;
}

/** What to say of a name that somebody else's container or network has. @param fix a command that makes room */
export const takenName = (what: string, name: string, fix: string): string =>
  `a ${what} named ${name} is there already without the label ${LABEL.lab} of this lab, so podlab leaves it alone; make ` +
  `room (${fix}), or give the lab another name (podlab:lab, name)`;
