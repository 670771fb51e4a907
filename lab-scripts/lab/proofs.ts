/**
 * The last proof of a lab, kept for the next change of it (.podlab/proved/<lab>). Whatever might make it worthless drops it: a
 * check that did not pass, a fault, a lab that is not there any more. It is of use to the engine's verification alone, which
 * knows what Pulumi changed; `npm run check` always probes everything.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fingerprint } from "../../infra/fingerprint.ts";
import type { ToProve } from "../../infra/machine/attendant.ts";
import { ask } from "../../infra/machine/engineApi.ts";
import type { LabPlan, NodePlan, PodPlan } from "../../infra/plan/plan.ts";
import { podOfUnit } from "../../infra/plan/podPlan.ts";
import { keyOfSources } from "../setup/cache.ts";
import { type LabState, PROOF_VERSION, type Proof } from "../verify/proof.ts";
import { ROOT } from "./project.ts";

const fileOf = (lab: string): string => join(ROOT, ".podlab/proved", lab);

/** Undefined when there is none, or none that can be read. */
export function readProof(lab: string): Proof | undefined {
  try {
    const proof = JSON.parse(readFileSync(fileOf(lab), "utf8")) as Proof;
    return proof.version === PROOF_VERSION ? proof : undefined;
  } catch {
    return undefined;
  }
}

export function noteProof(lab: string, proof: Proof): void {
  mkdirSync(dirname(fileOf(lab)), { recursive: true });
  writeFileSync(fileOf(lab), JSON.stringify(proof));
}

export function dropProof(lab: string): void {
  rmSync(fileOf(lab), { force: true });
}

/** What the Verification resource tells of a lab beside its name and its plan (infra/components/verification.ts). */
export type Told = Omit<ToProve, "plan">;

/** @throws Error when a node is not there */
export async function stateOf(plan: LabPlan, { generations, mended }: Told): Promise<LabState> {
  const applied = new Map(generations.split(" ").map((one) => one.split(":") as [string, string]));
  const containers = await containersOf(plan);
  const planned = plannedOf(plan);
  const parts = Object.entries(planned).map(([name, wanted]): [string, string] => [
    name,
    fingerprint([containers.get(name), applied.get(name), wanted]),
  ]);
  // The stacks are what labs are made from: each node's part of one is in its fingerprint.
  const program = keyOfSources(
    ROOT,
    ["infra", "lab-scripts", "package-lock.json"],
    (name) => !/^infra\/stacks\//.test(name),
  );
  return { program, mended, parts: Object.fromEntries(parts), planned };
}

/** By node and by pod, a fingerprint of what the plan says of it. */
export function plannedOf(plan: LabPlan): LabState["planned"] {
  const nodes = plan.nodes.map((node) => [node.name, fingerprint(plannedNode(plan, node))]);
  const pods = plan.pods.map((pod) => [pod.id, fingerprint(plannedPod(plan, pod))]);
  return Object.fromEntries([...nodes, ...pods]);
}

/** What makes a node do what it does. The router's record of the lab's spec moves no packet, and changes with every other node. */
function plannedNode({ netns }: LabPlan, node: NodePlan) {
  const units = node.units.filter((unit) => unit.kind !== "record" && podOfUnit(node, unit) === undefined);
  return [{ ...node, units }, netns.filter(({ id }) => id === node.name)];
}

function plannedPod({ nodes, netns }: LabPlan, pod: PodPlan) {
  const host = nodes.find(({ name }) => name === pod.host)!;
  return [pod, host.units.filter((unit) => podOfUnit(host, unit) === pod.id), netns.filter(({ id }) => id === pod.id)];
}

/**
 * By node, what of its container is another after it was made anew, started again, or plugged in again.
 * @throws Error when a node is not there
 */
export async function containersOf({ nodes }: LabPlan): Promise<ReadonlyMap<string, unknown>> {
  const said = nodes.map(async ({ name, container }) => {
    const { Id, State, NetworkSettings } = await ask<Inspected>(`/containers/${container}/json`);
    const plugs = Object.values(NetworkSettings.Networks).map(({ EndpointID }) => EndpointID);
    return [name, [Id, State.StartedAt, plugs.sort()]] as const;
  });
  return new Map(await Promise.all(said));
}

interface Inspected {
  readonly Id: string;
  readonly State: { readonly StartedAt: string };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly EndpointID: string }>> };
}
