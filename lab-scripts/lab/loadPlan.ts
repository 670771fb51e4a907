/** The plan of a running lab, from what its router keeps: no engine, no state, no config, from any clone. */
import { outputInside } from "../../infra/machine/inside.ts";
import { LAB_RECORD, type LabRecord, RECORD_VERSION } from "../../infra/plan/labRecord.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { outerName } from "../../infra/spec/names.ts";
import { readLab } from "../../infra/spec/read.ts";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";

const PATIENCE_MS = 20_000;

/** @throws Failure (exit code 2) when there is no such lab, or its router does not answer */
export async function loadPlan(lab: string): Promise<LabPlan> {
  const text = await outputInside(PATIENCE_MS, outerName(lab, "router"), ["cat", LAB_RECORD]).catch((error: Error) => {
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
