/** A stack's config file, read without Pulumi: bad input is told before anything is started. */
import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { refuseImpossible } from "../../infra/expect/userExpectations.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { NOTHING_AROUND, withSubnets } from "../../infra/spec/freeSubnets.ts";
import { readLab, readSpec } from "../../infra/spec/read.ts";
import type { ResolvedLab } from "../../infra/spec/resolvedLab.ts";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";
import { isStackName, stackFile, stackNames } from "./project.ts";

export interface StackLab {
  /** As the file has it. */
  readonly written: unknown;
  readonly lab: ResolvedLab;
  /** On an empty machine: on this one, subnets that are left out may be others (infra/survey.ts). */
  readonly plan: LabPlan;
}

/** @throws Failure or SpecError (exit code 3): no such stack, no YAML, a lab that can't be built as written */
export function stackLab(stack: string): StackLab {
  const written = writtenSpec(stack);
  const lab = readLab(withSubnets(readSpec(written), stack, NOTHING_AROUND), stack);
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
