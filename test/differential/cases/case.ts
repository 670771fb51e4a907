import type { HostSpec } from "../../../infra/spec/spec.ts";
import type { Topology } from "../topology.ts";

/** A lab in which model and kernel once differed. */
export interface NamedCase {
  readonly name: string;
  /** What was wrong, and where. */
  readonly found: string;
  readonly topology: Topology;
  /** Ids of the expectations that differed. */
  readonly asks: readonly string[];
}

const NAMES = ["web", "db", "cache"];

/** Hosts with so many pods each. */
export function pods(...counts: readonly number[]): HostSpec[] {
  return counts.map((count, at) => ({
    name: `host0${at + 1}`,
    pods: NAMES.slice(0, count).map((name) => ({
      name,
      containers: [{ name: "app", ports: [{ containerPort: 8080 }] }],
    })),
  }));
}
