/** Apart from loadPlan.ts: a check asks for the record while it still loads what it plans with. */
import { outputInside } from "../../infra/machine/inside.ts";
import { LAB_RECORD } from "../../infra/plan/labRecord.ts";
import { outerName } from "../../infra/spec/names.ts";

const PATIENCE_MS = 20_000;

/** Returns the text of the record that a lab's router keeps of it. */
export function keptRecord(lab: string): Promise<string> {
  return outputInside(PATIENCE_MS, outerName(lab, "router"), ["cat", LAB_RECORD]);
}
