/** The record of a lab that its router keeps: its spec, so that any clone can plan the lab again and check it. */
import type { ContainerSpec, LabSpec } from "../spec/spec.ts";
import type { NodeState } from "./nodeState.ts";

export const LAB_RECORD = "/var/lib/podlab/lab.json";
export const RECORD_VERSION = 2;

export interface LabRecord {
  readonly version: number;
  readonly lab: string;
  readonly spec: unknown;
}

/** Returns the states with the record in the router's files. What containers have in their environment is for their hosts alone. */
export function withRecord(
  states: ReadonlyMap<string, NodeState>,
  lab: string,
  spec: LabSpec,
): ReadonlyMap<string, NodeState> {
  const json: LabRecord = { version: RECORD_VERSION, lab, spec: withoutEnv(spec) };
  const router = states.get("router")!;
  return new Map([...states, ["router", { ...router, files: { ...router.files, [LAB_RECORD]: { json } } }]]);
}

function withoutEnv(spec: LabSpec): LabSpec {
  const bare = <T extends { containers?: ContainerSpec[] | undefined }>({ containers, ...others }: T) => ({
    ...others,
    ...(containers ? { containers: containers.map(({ env: _, ...container }) => container) } : {}),
  });
  const { hosts } = spec;
  if (typeof hosts === "number") return { ...bare(spec), hosts };
  return {
    ...bare(spec),
    hosts: hosts.map(({ pods, ...host }) => ({ ...host, ...(pods ? { pods: pods.map(bare) } : {}) })),
  };
}
