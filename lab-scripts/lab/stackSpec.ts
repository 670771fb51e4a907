/** A stack's config file, read without Pulumi: bad input is told before anything is started. */
import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { occupied } from "../../infra/machine/occupied.ts";
import { collisions } from "../../infra/model/collisions.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { planLab } from "../../infra/model/planner.ts";
import { SpecError } from "../../infra/model/problem.ts";
import { readLab } from "../../infra/model/read.ts";
import type { ResolvedLab } from "../../infra/model/resolvedLab.ts";
import { refuseImpossible } from "../../infra/model/userExpectations.ts";
import { Failure } from "../commands/failure.ts";
import { EXIT } from "../verify/exitCode.ts";
import { stackFile, stackNames } from "./project.ts";

/** @throws Failure or SpecError (exit code 3): no such stack, no YAML, a lab that can't be built as written */
export function stackLab(stack: string): { readonly lab: ResolvedLab; readonly plan: LabPlan } {
  const file = stackFile(stack);
  if (!/^[a-z][a-z0-9-]*$/.test(stack) || !existsSync(file)) {
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
  const spec: unknown = document.toJS()?.config?.["podlab:lab"];
  if (spec === undefined) {
    throw new Failure(
      EXIT.badInput,
      `infra/stacks/Pulumi.${stack}.yaml has no config podlab:lab; look at Pulumi.routed.yaml beside it`,
    );
  }
  const lab = readLab(spec, stack);
  const plan = planLab(lab, spec);
  refuseImpossible(plan);
  return { lab, plan };
}

/** @throws SpecError when a segment meets a Docker network or route that is not the lab's */
export async function refuseCollisions(lab: ResolvedLab): Promise<void> {
  const met = collisions(lab, await occupied(lab.name));
  if (met.length > 0) throw new SpecError(met);
}
