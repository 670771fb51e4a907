/**
 * Whether a lab is just as the last complete run left it, so that another run of Pulumi would find nothing to do. Asked of
 * the machine and of the nodes themselves, each time: all that Docker says of containers, networks and image is what it said
 * then, every unit is as its spec wants it, and neither config, program nor Pulumi's state changed since. Any doubt is a no.
 * What the lab *does* is asked with packets all the same, a sample of a large lab's (verifyLab.ts).
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findBaseImage, imageId } from "../../infra/machine/baseImage.ts";
import { askThere } from "../../infra/machine/engineApi.ts";
import { type Inventory, inventory } from "../../infra/machine/inventory.ts";
import { nodeImageName } from "../../infra/machine/nodeImageName.ts";
import { observe } from "../../infra/machine/observe.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { keyOfSources } from "../setup/cache.ts";
import type { Looks } from "./attend/looks.ts";
import { lockHolders } from "./lock.ts";
import { hasState, ROOT, stateFile } from "./project.ts";
import type { Told } from "./proofs.ts";

/** All that a run of Pulumi depends on beside the machine. */
const SOURCES = [
  "infra",
  "lab-scripts/door",
  "lab-scripts/host",
  "lab-scripts/image",
  "package-lock.json",
  "Pulumi.yaml",
];

const noteOf = (stack: string): string => join(ROOT, ".podlab/as-left", stack);

/** Before Pulumi runs: from here on the lab is as nobody left it. */
export function forgetHowLeft(stack: string): void {
  rmSync(noteOf(stack), { force: true });
}

/** After a run that made or found everything as planned, and proved it. */
export async function noteHowLeft(stack: string, plan: LabPlan): Promise<void> {
  mkdirSync(dirname(noteOf(stack)), { recursive: true });
  writeFileSync(noteOf(stack), [sources(), await fromOutside(stack, plan, await inventory())].join("\n"));
}

export interface HowLeft {
  /** Nothing at all is to be done. */
  readonly all: boolean;
  /** Pulumi's state tells of the machine's containers, networks and image as they are: it need not ask Docker again. */
  readonly outside: boolean;
}

/** What the last complete run noted. */
export interface Noted {
  /** Of what Docker and Pulumi's state say. */
  readonly outside: string;
  /** Whether config and program are the same now, and nobody is at work: the lab may be as it was left. */
  readonly same: boolean;
}

/** Undefined where the lab is as nobody left it. */
export function noted(stack: string): Noted | undefined {
  const [program, outside] = read(noteOf(stack))?.split("\n") ?? [];
  if (program === undefined || outside === undefined) return undefined;
  if (!hasState(stack) || lockHolders(stack).length > 0) return undefined;
  return { outside, same: program === sources() };
}

export async function howLeft(
  stack: string,
  plan: LabPlan,
  before: Noted | undefined,
  found: Inventory,
  looks: Looks,
): Promise<HowLeft> {
  if (!before) return { all: false, outside: false };
  const [outsideNow, inside] = await Promise.all([
    fromOutside(stack, plan, found).catch(() => undefined),
    before.same && insideIsAsPlanned(stack, plan, found, looks).catch(() => false),
  ]);
  const outside = outsideNow === before.outside;
  return { all: before.same && inside && outside, outside };
}

/** A digest of config and program. */
function sources(): string {
  return keyOfSources(ROOT, SOURCES, () => true);
}

/** A digest of what Docker says of the lab, and of what Pulumi's state says. */
async function fromOutside(stack: string, { lab }: LabPlan, found: Inventory): Promise<string> {
  const [containers, networks, image] = await Promise.all([
    inspected(lab, found.containers, (id) => `/containers/${id}/json`),
    inspected(lab, found.networks, (id) => `/networks/${id}`),
    findBaseImage().then((base) => imageId(nodeImageName(base))),
  ]);
  const digest = createHash("sha256");
  digest.update(JSON.stringify([containers.map(constantOf), networks, image]));
  digest.update(readFileSync(stateFile(stack)));
  return digest.digest("hex");
}

type Inspected = Readonly<Record<string, unknown>>;

function inspected(lab: string, all: readonly { id: string; lab: string }[], path: (id: string) => string) {
  const ids = all.filter((one) => one.lab === lab).map(({ id }) => id);
  return askThere<Inspected>(ids.sort().map(path));
}

/** Without what changes by itself, such as process ids and the time of a restart. */
function constantOf({ Id, Name, Image, Path, Args, Mounts, Config, HostConfig, State, NetworkSettings }: Inspected) {
  const { Status } = State as { Status: string };
  const { Networks } = NetworkSettings as { Networks: Record<string, { NetworkID: string; IPAddress: string }> };
  const plugged = Object.entries(Networks).map(([name, { NetworkID, IPAddress }]) => [name, NetworkID, IPAddress]);
  return [Id, Name, Image, Path, Args, Mounts, Config, HostConfig, Status, plugged.sort()];
}

/** Every unit is there, as its spec wants it, at the generation that Pulumi's state has; and none besides. */
async function insideIsAsPlanned(stack: string, plan: LabPlan, found: Inventory, looks: Looks): Promise<boolean> {
  const generations = generationsInState(stack);
  const { units: observed } = await observe(plan.lab, found.containers, looks.ask);
  const planned = plan.nodes.flatMap((node) => node.units.map((unit) => ({ node: node.name, unit: unit.name })));
  return (
    observed.size === planned.length &&
    planned.every(({ node, unit }) => {
      const seen = observed.get(`${node}/${unit}`);
      return seen !== undefined && seen.drift === undefined && seen.generation === generations.get(`${node}-${unit}`);
    })
  );
}

/** What Pulumi told the last verification, of a lab that is as it was left then. */
export function toldLast(stack: string): Told | undefined {
  const { GENERATIONS: generations, MENDED: mended } = environments(stack).get("verification") ?? {};
  return generations === undefined ? undefined : { generations, mended: mended ?? "" };
}

/** By the name of the unit's resource. */
function generationsInState(stack: string): Map<string, number> {
  return new Map(
    [...environments(stack)].flatMap(([name, { GENERATION }]) =>
      GENERATION === undefined ? [] : [[name, Number(GENERATION)] as const],
    ),
  );
}

/** Of the Commands in Pulumi's state, by the name of the resource. */
function environments(stack: string): Map<string, Readonly<Record<string, string>>> {
  const state = JSON.parse(readFileSync(stateFile(stack), "utf8")) as {
    checkpoint: { latest: { resources: { urn: string; inputs?: { environment?: Record<string, string> } }[] } };
  };
  return new Map(
    state.checkpoint.latest.resources.flatMap(({ urn, inputs }) =>
      inputs?.environment ? [[urn.split("::").at(-1)!, inputs.environment] as const] : [],
    ),
  );
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
