/** A stack's config file, read without Pulumi: bad input is told before anything is started. */
import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { refuseImpossible } from "../../infra/expect/userExpectations.ts";
import { type Inventory, inventory } from "../../infra/machine/inventory.ts";
import { refuseCollisions, surroundings } from "../../infra/machine/occupied.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { NOTHING_AROUND, type Surroundings, withSubnets } from "../../infra/spec/freeSubnets.ts";
import { readLab } from "../../infra/spec/read.ts";
import type { ResolvedLab } from "../../infra/spec/resolvedLab.ts";
import { Failure } from "../commands/failure.ts";
import { EXIT } from "../verify/exitCode.ts";
import { isStackName, stackFile, stackNames } from "./project.ts";

export interface StackLab {
  /** As the file has it: subnets that podlab is to choose are not in it. */
  readonly written: unknown;
  readonly lab: ResolvedLab;
  readonly plan: LabPlan;
}

/**
 * @param around the machine that it will be on; without it a lab with `subnets: auto` has them as on an empty machine
 * @throws Failure or SpecError (exit code 3): no such stack, no YAML, a lab that can't be built as written
 */
export function stackLab(stack: string, around: Surroundings = NOTHING_AROUND): StackLab {
  const written = writtenSpec(stack);
  return planned(stack, written, withSubnets(written, stack, around));
}

function planned(stack: string, written: unknown, chosen: unknown): StackLab {
  const lab = readLab(chosen, stack);
  const plan = planLab(lab);
  refuseImpossible(plan);
  return { written, lab, plan };
}

function writtenSpec(stack: string): unknown {
  const file = stackFile(stack);
  if (!isStackName(stack) || !existsSync(file)) {
    throw new Failure(
      EXIT.badInput,
      `there is no stack ${JSON.stringify(stack)}; choose one of ${stackNames().join(", ")}`,
    );
  }
  const document = parseDocument(readFileSync(file, "utf8"));
  if (document.errors.length > 0) {
    const told = document.errors.map(({ message }) => message.trimEnd()).join("\n");
    throw new Failure(EXIT.badInput, `infra/stacks/Pulumi.${stack}.yaml is no YAML: ${told}`);
  }
  const spec = asPulumiHasIt(document.toJS()?.config?.["podlab:lab"]);
  if (spec === undefined) {
    throw new Failure(
      EXIT.badInput,
      `infra/stacks/Pulumi.${stack}.yaml has no config podlab:lab; look at Pulumi.routed.yaml beside it`,
    );
  }
  return spec;
}

/** With the keys of every object in order: the plan, which the router keeps a record of, is then the very same. */
function asPulumiHasIt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asPulumiHasIt);
  if (typeof value !== "object" || value === null) return value;
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, asPulumiHasIt(inner)]));
}

/**
 * The same on this machine: nothing of it meets what is there already.
 * @param known the stack's lab as it was read a moment ago
 * @throws SpecError when a subnet or a name of it is somebody else's
 */
export async function stackLabHere(stack: string, known?: StackLab): Promise<StackLab & { readonly found: Inventory }> {
  const found = await inventory();
  const around = await surroundings(found);
  const written = known?.written ?? writtenSpec(stack);
  const chosen = withSubnets(written, stack, around);
  const here = known && chosen === written ? known : planned(stack, written, chosen);
  refuseCollisions(here.lab, here.plan, found, around);
  return { ...here, found };
}
