/** The plan of a running lab, from what its router keeps: no engine, no state, no config, from any clone. */
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { Failure } from "../commands/failure.ts";
import { EXIT } from "../verify/exitCode.ts";
import { keptRecord } from "./keptRecord.ts";

/**
 * @param kept what its router keeps, where that has been asked for already
 * @throws Failure (exit code 2) when there is no such lab, or its router does not answer
 */
export async function loadPlan(lab: string, kept: Promise<string> = keptRecord(lab)): Promise<LabPlan> {
  const text = await kept.catch((error: Error) => {
    throw new Failure(
      EXIT.notProved,
      `lab ${lab} is not there, or its router does not answer (${error.message}); npm start -- ${lab}`,
    );
  });
  const record = JSON.parse(text) as { version: number; lab: string; spec: unknown };
  if (record.version !== 1) {
    throw new Failure(EXIT.notProved, `lab ${lab} was made by another version of podlab; npm run restart -- ${lab}`);
  }
  return planLab(readLab(record.spec, record.lab));
}
