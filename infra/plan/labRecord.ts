/**
 * The record of a lab that its router keeps: its spec, so that any clone can plan the lab again and check it. The verification writes
 * it: that depends on all nodes anyway, where the router's own state would change with every pod.
 */
import type { ContainerSpec, LabSpec } from "../spec/spec.ts";

export const LAB_RECORD = "/var/lib/podlab/lab.json";
export const RECORD_VERSION = 3;

export interface LabRecord {
  readonly version: number;
  readonly lab: string;
  readonly spec: unknown;
}

/** Returns its text. What containers have in their environment is for their hosts alone. @param spec with the subnets that were chosen */
export function recordText(lab: string, spec: LabSpec): string {
  return JSON.stringify({ version: RECORD_VERSION, lab, spec: withoutEnv(spec) } satisfies LabRecord);
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
