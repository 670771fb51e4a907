/** `npm stop`: removes the lab of a stack, checks that nothing is left, and has Pulumi forget it. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../../infra/home.ts";
import { dockerEndpoint } from "../../infra/machine/endpoint.ts";
import { inventory, type Labelled, type MachineNetwork, partOf } from "../../infra/machine/inventory.ts";
import { cloneId, isMadeBy, whose } from "../../infra/machine/owner.ts";
import { engineInfo } from "../../infra/machine/sameMachine.ts";
import { LABEL } from "../../infra/spec/names.ts";
import { EXIT, Failure } from "../exit.ts";
import { findToolchain } from "../setup/setup.ts";
import { alone } from "./lock.ts";
import { labObjects } from "./objects.ts";
import { isStackName, PROJECT, STATE } from "./project.ts";
import { PulumiStack, refuseOtherEngine, type StackState } from "./pulumiStack.ts";
import { type Teardown, tearDown } from "./teardown.ts";

export interface DownOptions {
  /** Also a lab of that name which another clone, or another stack, has made. */
  readonly foreign?: boolean;
  /** Names of machines that are not asked: what is there stays. */
  readonly skipMachine?: readonly string[];
}

/** @param stack its file may be gone, or say something else by now: what is on the machine is known by its labels */
export function down(stack: string, options: DownOptions = {}): Promise<void> {
  // Any name will do that could have been one.
  if (!isStackName(stack)) throw new Failure(EXIT.badInput, `${JSON.stringify(stack)} can't be a stack's name`);
  return alone(stack, () => stopAlone(stack, options));
}

async function stopAlone(stack: string, options: DownOptions): Promise<void> {
  const { state, forget } = await openState(stack);
  try {
    const { labs, isIts } = await chosen(stack, state, options);
    const skipped = options.skipMachine ?? [];
    const staying = skipped.length > 0 ? await segmentsTo(labs, skipped) : [];
    const done = await tearDown(
      async (seen) => {
        const all = await Promise.all(labs.map((lab) => labObjects(lab, seen, skipped)));
        const networks = all.flatMap((one) => one.networks).filter(({ id }) => !staying.some((one) => one.id === id));
        return partOf({ containers: all.flatMap(({ containers }) => containers), networks }, isIts);
      },
      async () => state?.tryLock(),
    );
    if (done.left.length > 0) {
      throw new Failure(
        EXIT.notAsExpected,
        `lab ${stack} is not gone; left on the machine:\n  ${done.left.join("\n  ")}\n${commandLine("stop", stack)} goes on`,
      );
    }
    // Last: a lab that is still there is not forgotten.
    if (staying.length === 0) await forget();
    process.stdout.write(`${told(stack, done)}${toldStaying(stack, staying)}`);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      EXIT.notProved,
      `${(error as Error).message}\nso nobody can say that lab ${stack} is gone; ${commandLine("stop", stack)} goes on when that is mended`,
    );
  }
}

/**
 * Returns the segments that lead to machines which are not asked: Swarm does not remove a network that a node of the Swarm still uses.
 * @throws Failure (exit code 3) for a machine that the lab is not on
 */
async function segmentsTo(labs: readonly string[], skipped: readonly string[]): Promise<MachineNetwork[]> {
  const found = await Promise.all(labs.map((lab) => inventory({ label: `${LABEL.lab}=${lab}` })));
  const away = found.flatMap(({ networks }) => networks).filter(({ leadsTo }) => leadsTo);
  const machines = new Set(away.map(({ leadsTo }) => leadsTo!.name));
  const unknown = skipped.find((name) => !machines.has(name));
  if (unknown === undefined) return away.filter(({ leadsTo }) => skipped.includes(leadsTo!.name));
  const known = machines.size > 0 ? `it may be ${[...machines].join(", ")}` : "it is on the first one only";
  throw new Failure(EXIT.badInput, `lab ${labs.join(", ")} is not on a machine ${unknown}; ${known}`);
}

function toldStaying(stack: string, staying: readonly MachineNetwork[]): string {
  const machines = Map.groupBy(staying, ({ leadsTo }) => leadsTo!.name);
  const texts = [...machines].map(([machine, segments]) => {
    const hosts = segments.map(({ name, lab }) => name.slice(lab.length + 1).replace(/-net$/, ""));
    return `machine ${machine} was not asked: ${hosts.join(", ")} and the networks to them stay; ${commandLine("stop", stack)} removes them when it answers\n`;
  });
  return texts.join("");
}

type IsIts = (one: Labelled) => boolean;

interface Chosen {
  /** The labs that objects of the stack are of: one, unless its file was given another name meanwhile. */
  readonly labs: readonly string[];
  readonly isIts: IsIts;
}

/**
 * Returns what is of the stack's lab: what Pulumi's state knows, what this clone's label says, and what is else of a lab that has
 * some of that and was made by hand. Where there is none of it: a lab of that name of an earlier version, or anybody's, if that is
 * wanted.
 * @throws Failure (exit code 2) when there is one that is not to be removed, or the stack's is on another engine
 */
async function chosen(
  stack: string,
  { ids, engine }: Pick<StackState, "ids" | "engine"> = { ids: new Set(), engine: undefined },
  { foreign }: DownOptions,
): Promise<Chosen> {
  const { containers, networks } = await labObjects();
  const all = [...containers, ...networks];
  const maker = { clone: cloneId(), stack };
  const isOwn = (one: Labelled) => ids.has(one.id) || isMadeBy(maker, one);
  const labs = new Set(all.filter(isOwn).map(({ lab }) => lab));
  if (labs.size > 0) {
    return { labs: [...labs], isIts: (one) => isOwn(one) || (labs.has(one.lab) && one.owner === "") };
  }
  refuseOtherEngine(stack, engine, (await engineInfo()).ID);
  const named = all.filter(({ lab }) => lab === stack);
  const others = named.find(({ owner }) => owner !== "");
  if (others === undefined || foreign) return { labs: [stack], isIts: ({ lab }) => lab === stack };
  throw new Failure(EXIT.notProved, `lab ${stack} is not this stack's, and stays: ${whose(others, maker.clone)}`);
}

/** Returns what Pulumi has of the stack, where that is something that can be read, and how it is made to forget it. */
async function openState(stack: string): Promise<{ state?: StackState | undefined; forget: () => Promise<void> }> {
  const nothing = async () => {};
  const tools = await findToolchain();
  if (!tools) return { forget: nothing }; // without a Pulumi there is no state either
  const pulumi = new PulumiStack(tools, stack);
  try {
    const state = await pulumi.state();
    return { state, forget: state ? () => pulumi.forget() : nothing };
  } catch (error) {
    return { forget: async () => removeUnreadable(stack, error as Error) };
  }
}

/** Pulumi has no command for a state that it can't read. */
function removeUnreadable(stack: string, { message }: Error): void {
  const files = [`${stack}.json`, `${stack}.json.bak`].map((name) => join(STATE, ".pulumi/stacks", PROJECT, name));
  for (const file of files) rmSync(file, { force: true });
  process.stderr.write(
    `podlab: Pulumi's state of stack ${stack} could not be read (${message}); removed ${files[0]}\n`,
  );
}

/** Says no more than what was looked for. */
export function told(stack: string, { objects: { containers, networks }, volumes, seen, unseen }: Teardown): string {
  const all = [...containers, ...networks];
  if (all.length === 0) return `lab ${stack}: nothing of it is on the Docker engine at ${dockerEndpoint().host}\n`;
  const labs = [...new Set(all.map(({ lab }) => lab))].join(", ");
  const earlier = all.some(({ owner }) => owner === "") ? ", made by an earlier version of podlab" : "";
  const removed = `${containers.length} containers, ${networks.length} networks and ${volumes} volumes removed`;
  const gone = seen.length > 0 ? `; no ${ALTERNATIVES.format(seen)} of it is left` : "";
  const hidden = unseen.length > 0 ? `; could not look for: ${unseen.join(", ")}` : "";
  return `lab ${labs}${earlier}: ${removed}${gone}${hidden}\n`;
}

/** `process, route or rule` */
const ALTERNATIVES = new Intl.ListFormat("en-GB", { type: "disjunction" });
