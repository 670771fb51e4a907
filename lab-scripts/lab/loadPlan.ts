/** The plan of a running lab, from what its router keeps: no engine, no state, no config, from any clone. */
import { type LabRecord, RECORD_VERSION } from "../../infra/plan/labRecord.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { readLab } from "../../infra/spec/read.ts";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";
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
  const record = JSON.parse(text) as LabRecord;
  if (record.version !== RECORD_VERSION) {
    throw new Failure(EXIT.notProved, `lab ${lab} was made by another version of podlab; npm run restart -- ${lab}`);
  }
  return planLab(readLab(record.spec, record.lab));
}
