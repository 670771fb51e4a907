/** What a stack's lab is to be, and what this machine has of it: all that is known before anything is changed. */
import { refuseImpossible } from "./expect/userExpectations.ts";
import { findBaseImage, hasImage, nodeImageName } from "./machine/baseImage.ts";
import { type Inventory, inventory } from "./machine/inventory.ts";
import { heldBack } from "./machine/letPass.ts";
import { refuseShortages } from "./machine/limits.ts";
import { machinesOf, onMachine } from "./machine/machines.ts";
import { type Observations, observe } from "./machine/observe.ts";
import { refuseCollisions, surroundings } from "./machine/occupied.ts";
import { cloneId, type Maker, refuseForeignLab } from "./machine/owner.ts";
import { engineInfo } from "./machine/sameMachine.ts";
import { refuseUnjoined } from "./machine/swarm.ts";
import { recordText } from "./plan/labRecord.ts";
import type { NodeState } from "./plan/nodeState.ts";
import { nodeStates } from "./plan/nodeStates.ts";
import type { LabPlan, MachinePlan } from "./plan/plan.ts";
import { planLab } from "./plan/planner.ts";
import { withSubnets } from "./spec/freeSubnets.ts";
import { besidesFirst } from "./spec/machines.ts";
import { readLab, readSpec } from "./spec/read.ts";

/** A lab as it is to be on this machine. */
export interface Wanted {
  readonly plan: LabPlan;
  /** By node. */
  readonly states: ReadonlyMap<string, NodeState>;
  /** What its router is to keep of it (plan/labRecord.ts). */
  readonly record: string;
  /** What the machine's engine has. */
  readonly found: Inventory;
  /** The id of that engine. */
  readonly engine: string;
}

export interface Survey extends Wanted {
  readonly maker: Maker;
  readonly image: NodeImage;
  readonly observed: Observations;
  /** Segments whose frames the machine's firewall may hold back (machine/letPass.ts). */
  readonly heldBack: readonly string[];
}

/** The image of all nodes. */
export interface NodeImage {
  readonly name: string;
  /** The image that it is built on. */
  readonly base: string;
  /** Whether the first machine's engine has it. */
  readonly isThere: boolean;
  /** The names of the other machines whose engines have it not. */
  readonly lacking: ReadonlySet<string>;
}

/**
 * Plans the lab around what is on its machines.
 * @throws SpecError when the spec is wrong, or a subnet or a name of it is somebody else's; UserError when its machines are no
 * Swarm; DockerError naming a machine
 */
export async function planHere(spec: unknown, stack: string): Promise<Wanted> {
  const read = readSpec(spec);
  const info = engineInfo();
  const machines = (read.machines ?? []).flatMap((one) => besidesFirst(one) ?? []);
  const [found, { ID: engine }] = await Promise.all([
    inventory({ lab: read.name ?? stack, machines }),
    info,
    refuseUnjoined(read.machines),
  ]);
  const around = await surroundings(found, info);
  const chosen = withSubnets(read, stack, around);
  const lab = readLab(chosen, stack);
  const plan = planLab(lab);
  refuseImpossible(plan);
  refuseCollisions(lab, plan, found, around, read);
  return { plan, states: nodeStates(plan), record: recordText(plan.lab, chosen), found, engine };
}

/**
 * Plans the lab and asks its nodes how they are.
 * @param clone the id of the folder whose lab it is (machine/owner.ts)
 * @throws SpecError; ForeignLab when it is another stack's or clone's; Error when the machine has no room for it
 */
export async function survey(spec: unknown, stack: string, clone = cloneId()): Promise<Survey> {
  const [wanted, onFirst] = await Promise.all([planHere(spec, stack), findNodeImage()]);
  const { plan, found } = wanted;
  const image = { ...onFirst, lacking: await lacking(onFirst.name, machinesOf(plan.nodes)) };
  const maker = { lab: plan.lab, clone, stack };
  refuseForeignLab(maker, found);
  const [observed, held] = await Promise.all([
    observe(plan.lab, found.containers),
    heldBack(plan, found),
    refuseShortages(plan, found),
  ]);
  return { ...wanted, maker, image, observed, heldBack: held };
}

async function findNodeImage(): Promise<Omit<NodeImage, "lacking">> {
  const base = await findBaseImage();
  const name = nodeImageName(base);
  return { name, base, isThere: await hasImage(name) };
}

async function lacking(image: string, machines: readonly MachinePlan[]): Promise<ReadonlySet<string>> {
  const has = await Promise.all(machines.map((one) => onMachine(one, (docker) => hasImage(image, docker))));
  return new Set(machines.filter((_, at) => !has[at]).map(({ name }) => name));
}
