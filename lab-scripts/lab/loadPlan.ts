/** The plan of a running lab, from what its router keeps: without Pulumi, its state or a config, from any clone. */
import { commandLine } from "../../infra/home.ts";
import { LIMIT, outputInside } from "../../infra/machine/inside.ts";
import { listContainers } from "../../infra/machine/inventory.ts";
import { cloneId } from "../../infra/machine/owner.ts";
import { LAB_RECORD, type LabRecord, RECORD_VERSION } from "../../infra/plan/labRecord.ts";
import type { LabPlan } from "../../infra/plan/plan.ts";
import { planLab } from "../../infra/plan/planner.ts";
import { LABEL, outerName } from "../../infra/spec/names.ts";
import { readLab } from "../../infra/spec/read.ts";
import { EXIT, Failure } from "../exit.ts";

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

/** Returns the lab that is meant: the named one, or the only one there is, or the only one that was made from here. */
export async function whichLab(name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const containers = await listContainers(LABEL.lab).catch((error: Error) => {
    throw new Failure(
      EXIT.notProved,
      `${error.message}\nno Docker engine, no lab; ${commandLine("start")} sets both up`,
    );
  });
  const labs = namesOf(containers);
  if (labs.length === 1) return labs[0]!;
  const clone = cloneId();
  const ours = namesOf(containers.filter(({ owner }) => owner === clone));
  if (ours.length === 1) return ours[0]!;
  throw labs.length === 0
    ? new Failure(EXIT.notProved, `no lab is on this machine; ${commandLine("start")} makes one`)
    : new Failure(EXIT.badInput, `several labs are on this machine; name one of ${labs.join(", ")}`);
}

const namesOf = (containers: readonly { readonly lab: string }[]): string[] =>
  [...new Set(containers.map(({ lab }) => lab))].sort();
