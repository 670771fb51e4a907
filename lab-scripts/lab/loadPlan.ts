/** The plan of a running lab, from what its router keeps: no engine, no state, no config, from any clone. */
import { commandLine } from "../../infra/home.ts";
import { LIMIT, outputInside } from "../../infra/machine/inside.ts";
import { LAB_RECORD, type LabRecord, RECORD_VERSION } from "../../infra/plan/labRecord.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { outerName } from "../../infra/spec/names.ts";
import { readLab } from "../../infra/spec/read.ts";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";

/** @throws Failure (exit code 2) when there is no such lab, or its router does not answer */
export async function loadPlan(lab: string): Promise<LabPlan> {
  const text = await outputInside(LIMIT.file, outerName(lab, "router"), ["cat", LAB_RECORD]).catch((error: Error) => {
    throw new Failure(
      EXIT.notProved,
      `lab ${lab} is not there, or its router does not answer (${error.message}); ${commandLine("start", lab)}`,
    );
  });
  return planOf(lab, text);
}

/** Gives a lab's record to its router. @returns the plan of it @throws Failure (exit code 2) when the router does not take it */
export async function keepRecord(lab: string, text: string): Promise<LabPlan> {
  const keep = `cat > ${LAB_RECORD}.new && mv ${LAB_RECORD}.new ${LAB_RECORD}`;
  await outputInside(LIMIT.file, outerName(lab, "router"), ["sh", "-c", keep], text).catch((error: Error) => {
    throw new Failure(EXIT.notProved, `the router of lab ${lab} can't keep its record: ${error.message}`);
  });
  return planOf(lab, text);
}

/**
 * Pure. @param text the record that the container with the name of the lab's router keeps: it may be somebody else's, or edited
 * @throws Failure (exit code 2) when it is not that lab's
 */
export function planOf(lab: string, text: string): LabPlan {
  const plan = planned(text);
  if (plan?.lab === lab) return plan;
  const found = plan ? `that of lab ${JSON.stringify(plan.lab)}` : "none that this version of podlab can read";
  const file = `${LAB_RECORD} of ${outerName(lab, "router")}`;
  throw new Failure(EXIT.notProved, `the record of lab ${lab} (${file}) is ${found}; ${commandLine("start", lab)}`);
}

function planned(text: string): LabPlan | undefined {
  try {
    const { version, lab, spec } = JSON.parse(text) as LabRecord;
    return version === RECORD_VERSION ? planLab(readLab(spec, lab)) : undefined;
  } catch {
    return undefined; // no JSON, or no lab
  }
}
