/** The record of a lab that its router keeps: its spec, so that any clone can plan the lab again and check it. */
import type { NodeState } from "./nodeState.ts";

export const LAB_RECORD = "/var/lib/podlab/lab.json";
export const RECORD_VERSION = 2;

export interface LabRecord {
  readonly version: number;
  readonly lab: string;
  readonly spec: unknown;
}

/** Returns the states with the record in the router's files. */
export function withRecord(
  states: ReadonlyMap<string, NodeState>,
  lab: string,
  spec: unknown,
): ReadonlyMap<string, NodeState> {
  const json: LabRecord = { version: RECORD_VERSION, lab, spec };
  const router = states.get("router")!;
  return new Map([...states, ["router", { ...router, files: { ...router.files, [LAB_RECORD]: { json } } }]]);
}
