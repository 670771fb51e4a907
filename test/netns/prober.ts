/** Runs the prober on this machine, for namespaces that `ip netns` made. */
import type { Probe, SourceJob } from "../../lab-scripts/verify/job.ts";
import { type NodeAnswer, type ProbeResult, runProber } from "../../lab-scripts/verify/prober.ts";
import { onThisMachine } from "./agent.ts";

export type Asked = Omit<Probe, "timeout" | "id"> & { readonly id?: string; readonly timeout?: number };

export async function probeFrom(
  netns: SourceJob["netns"],
  probes: readonly Asked[],
  job: { controls?: readonly string[]; ready?: { path: string; timeout: number } } = {},
): Promise<ProbeResult[]> {
  const numbered = probes.map((probe, at) => ({ id: String(at), timeout: 1, ...probe }));
  const answer = await ask([{ id: "source", netns, controls: job.controls ?? [], probes: numbered }], job.ready);
  return numbered.map(({ id }) => {
    const { rttMs: _, ...result } = answer.results.get(id) ?? {
      outcome: "probe-error",
      detail: answer.trouble?.reason,
    };
    return result as ProbeResult;
  });
}

export function ask(sources: readonly SourceJob[], ready?: { path: string; timeout: number }): Promise<NodeAnswer> {
  const job = { sources, facts: false, limit: 30, untilEof: true, ...(ready ? { ready } : {}) } as const;
  return runProber({ node: "test", container: "test", numbers: [], job }, onThisMachine);
}
