/** What the machine uses already: subnets of other Docker networks and of its own routes, and names. */
import type { LabPlan } from "../plan/plan.ts";
import { isSubnet } from "../spec/address.ts";
import { collisions, type Occupied } from "../spec/collisions.ts";
import type { Surroundings } from "../spec/freeSubnets.ts";
import { LABEL } from "../spec/names.ts";
import { type Problem, SpecError, UserError } from "../spec/problem.ts";
import type { ResolvedLab } from "../spec/resolvedLab.ts";
import type { LabSpec } from "../spec/spec.ts";
import { bridgesCall, masqueraded } from "./bridgeFirewall.ts";
import { type CommandFailed, outputOf } from "./command.ts";
import { type Inventory, ofLab } from "./inventory.ts";
import { dataRootHere, engineInfo } from "./sameMachine.ts";

interface Around extends Surroundings {
  /** Families of which the machine's firewall sees what crosses a bridge. */
  readonly filtered: readonly (4 | 6)[];
}

/** @throws SpecError when a segment meets a Docker network or a route, or a name meets a container or a network, of somebody else's; or one masquerades the pods */
export function refuseCollisions(
  lab: ResolvedLab,
  plan: LabPlan,
  found: Inventory,
  around: Around,
  { hosts }: LabSpec,
): void {
  const own = ofLab(plan.lab, found).networks.flatMap(({ subnets }) => subnets);
  const met = [
    ...namesTaken(plan, found),
    // All in use but what the lab itself made.
    ...collisions(lab, [...dockerNetworks(lab.name, around.networks), ...around.routes], own),
    ...masqueraded(lab, hosts, plan, found.networks, around.filtered),
  ];
  if (met.length > 0) throw new SpecError(met);
}

function namesTaken(plan: LabPlan, { containers, networks }: Inventory): Problem[] {
  const names = new Set([
    ...plan.nodes.map(({ container }) => container),
    ...plan.segments.map(({ network }) => network),
  ]);
  const others = ({ name, lab }: { name: string; lab: string }) => names.has(name) && lab !== plan.lab;
  return [
    ...containers.filter(others).map(({ name }) => takenName("container", name, `docker rename ${name} ${name}-old`)),
    ...networks.filter(others).map(({ name }) => takenName("network", name, `docker network rm ${name}`)),
  ].map((message) => ({ path: "name:", message }));
}

/**
 * What subnets that are left out are chosen by, and none may meet. The routes of another machine, which its engine is on, are not known.
 * @throws Error when this machine's can't be read
 */
export async function surroundings({ networks }: Inventory, info = engineInfo()): Promise<Around> {
  const isHere = (await dataRootHere(info)) !== undefined;
  const filtered = ([4, 6] as const).filter((family) => isHere && bridgesCall(family));
  return { networks, routes: isHere ? await kernelRoutes() : [], filtered };
}

function dockerNetworks(lab: string, networks: Surroundings["networks"]): Occupied[] {
  return networks.flatMap(({ name, lab: owner, subnets }) => {
    if (owner === lab) return [];
    const whose = owner ? `lab ${owner} (Docker network ${name})` : `Docker network ${name}`;
    return subnets.filter(isSubnet).map((subnet) => ({ subnet, owner: whose }));
  });
}

/**
 * Routes of the machine, of every table: VPNs have one of their own. The table `local` tells no more than the machine's own
 * addresses.
 */
async function kernelRoutes(): Promise<Occupied[]> {
  const answer = await outputOf("ip", ["-4", "-j", "route", "show", "table", "all"]).catch((error: CommandFailed) => {
    const fix = error.isMissing ? "install iproute2" : "mend that first";
    throw new UserError(
      `the routes of this machine, which the lab must not meet, can't be read (${error.message}); ${fix}`,
    );
  });
  const routes = JSON.parse(answer || "[]") as { dst: string; dev?: string; table?: string }[];
  return (
    routes
      // Docker's own bridges were listed with their networks.
      .filter(({ dst, dev, table }) => table !== "local" && isSubnet(dst) && !/^(br-|docker)/.test(dev ?? ""))
      .map(({ dst, dev }) => ({ subnet: dst, owner: `a route of this machine (dev ${dev ?? "?"})` }))
  );
}

/** What to say of a name that somebody else's container or network has. @param fix a command that makes room */
const takenName = (what: string, name: string, fix: string): string =>
  `a ${what} named ${name} is there already without the label ${LABEL.lab} of this lab, so podlab leaves it alone; make ` +
  `room (${fix}), or give the lab another name (podlab:lab, name)`;
