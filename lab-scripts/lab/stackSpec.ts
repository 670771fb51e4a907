/** A lab's file, which is a Pulumi stack's config, read without Pulumi: bad input is told before anything is started. */
import { refuseImpossible } from "../../infra/expect/userExpectations.ts";
import { commandLine, HOME } from "../../infra/home.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { NOTHING_AROUND, withSubnets } from "../../infra/spec/freeSubnets.ts";
import { readLab, readSpec } from "../../infra/spec/read.ts";
import type { ResolvedLab } from "../../infra/spec/resolvedLab.ts";
import { writtenLab } from "../../infra/spec/written.ts";
import { EXIT, Failure } from "../exit.ts";
import { type LabFile, namedLab } from "./labFile.ts";

interface StackLab {
  /** As the file has it. */
  readonly written: unknown;
  readonly lab: ResolvedLab;
  /** On an empty machine: on this one, subnets that are left out may be others (infra/survey.ts). */
  readonly plan: LabPlan;
}

/** @throws Failure or SpecError (exit code 3): no such stack, no YAML, a lab that can't be built as written */
export const stackLab = (stack: string): StackLab => labOf(namedLab(stack));

/** @throws Failure or SpecError (exit code 3): no YAML, a lab that can't be built as written */
export function labOf(file: LabFile): StackLab {
  const written = writtenSpec(file);
  const lab = readLab(withSubnets(readSpec(written), file.stack, NOTHING_AROUND), file.stack);
  const plan = planLab(lab);
  refuseImpossible(plan);
  return { written, lab, plan };
}

function writtenSpec({ place, text }: LabFile): unknown {
  try {
    const spec = writtenLab(text, place, HOME);
    if (spec !== undefined) return spec;
  } catch (error) {
    throw new Failure(EXIT.badInput, (error as Error).message);
  }
  throw new Failure(
    EXIT.badInput,
    `${place} has no config podlab:lab; \`${commandLine("init")}\` writes a file to start from`,
  );
}
