import { outputInside } from "../../infra/machine/inside.ts";
import { outerName } from "../../infra/spec/names.ts";

const PATIENCE_MS = 20_000;

/** What a lab's router keeps of it: of what version it is, and its config. */
export function keptRecord(lab: string): Promise<string> {
  return outputInside(PATIENCE_MS, outerName(lab, "router"), ["cat", "/var/lib/podlab/lab.json"]);
}
