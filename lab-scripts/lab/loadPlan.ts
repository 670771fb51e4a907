/** The plan of a running lab, from what its router keeps: no engine, no state, no config, from any clone. */
import { outputInside } from "../../infra/machine/inside.ts";
import { outerName } from "../../infra/model/names.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { planLab } from "../../infra/model/planner.ts";
import { readLab } from "../../infra/model/read.ts";
import { Failure } from "../commands/failure.ts";
import { EXIT } from "../verify/exitCode.ts";
import { labObjects } from "./objects.ts";

const PATIENCE_MS = 20_000;

/** @throws Failure (exit code 2) when there is no such lab, or its router does not answer */
export async function loadPlan(lab: string): Promise<LabPlan> {
  const kept = outputInside(PATIENCE_MS, outerName(lab, "router"), ["cat", "/var/lib/podlab/lab.json"]);
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
  return planLab(readLab(record.spec, record.lab), record.spec);
}

/** The lab that is meant: the named one, or the only one there is. */
export async function whichLab(name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const { containers } = await engineAnswers(labObjects());
  const labs = [...new Set(containers.map(({ lab }) => lab))].sort();
  if (labs.length === 1) return labs[0]!;
  throw labs.length === 0
    ? new Failure(EXIT.notProved, "no lab is on this machine; npm start makes one")
    : new Failure(EXIT.badInput, `several labs are on this machine; name one of ${labs.join(", ")}`);
}

async function engineAnswers<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: Error) => {
    throw new Failure(EXIT.notProved, `${error.message}\nno Docker engine, no lab; npm start sets both up`);
  });
}
