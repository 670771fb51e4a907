/**
 * The last proof of a lab, kept for the next change of it (.podlab/proved/<lab>). Whatever might make it worthless drops it: a
 * check that did not pass, a fault, a lab that is stopped. It is of use to the engine's verification alone, which knows what
 * Pulumi changed; `npm run check` always probes everything.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fingerprint } from "../../infra/fingerprint.ts";
import type { ToProve } from "../../infra/machine/attendant.ts";
import { ask } from "../../infra/machine/engineApi.ts";
import type { LabPlan, NodePlan } from "../../infra/model/plan.ts";
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
  const units = Object.fromEntries(generations.split(" ").map((one) => one.split(":") as [string, string]));
  const containers = await inspected(plan.nodes);
  const planned = plannedOf(plan);
  const nodes = plan.nodes.map(({ name }, at): [string, string] => [
    name,
    fingerprint([containers[at], units[name], planned[name]]),
  ]);
  // The stacks are what labs are made from: each node's part of one is in its fingerprint.
  const program = keyOfSources(
    ROOT,
    ["infra", "lab-scripts", "package-lock.json"],
    (name) => !/^infra\/stacks\//.test(name),
  );
  return { program, mended, nodes: Object.fromEntries(nodes), planned };
}

/** By node, a fingerprint of what the plan says of it. */
export function plannedOf(plan: LabPlan): LabState["planned"] {
  return Object.fromEntries(plan.nodes.map((node) => [node.name, fingerprint(planned(plan, node))]));
}

/** What makes a node do what it does. The router's record of the lab's spec moves no packet, and changes with every other node. */
function planned({ netns, pods }: LabPlan, node: NodePlan) {
  return [
    { ...node, units: node.units.filter(({ kind }) => kind !== "record") },
    netns.filter((one) => one.node === node.name),
    pods.filter(({ host }) => host === node.name),
  ];
}

/** Of each node's container what is another one after it was made anew, started again, or plugged in again. */
async function inspected(nodes: readonly NodePlan[]): Promise<unknown[]> {
  const said = await Promise.all(nodes.map(({ container }) => ask<Inspected>(`/containers/${container}/json`)));
  return said.map(({ Id, State, NetworkSettings }) => [
    Id,
    State.StartedAt,
    Object.values(NetworkSettings.Networks)
      .map(({ EndpointID }) => EndpointID)
      .sort(),
  ]);
}

interface Inspected {
  readonly Id: string;
  readonly State: { readonly StartedAt: string };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly EndpointID: string }>> };
}
