/** The boot of a node that nothing is probed from, but that probes go to or through. */
import type { Job } from "./job.ts";
import type { NodeExec, NodeName } from "./nodeProgram.ts";
import { type NodeTrouble, runProber } from "./prober.ts";

/** Written by a node's entrypoint. */
export const READY_FILE = "/run/podlab/ready";

export interface Boot {
  /** What tells that the node has booted. */
  readonly readyFile: string;
  /** Milliseconds. */
  readonly limit: number;
}

/**
 * Waits until the node has booted: a prober without a probe says that the node is ready, and is done.
 * @returns why it was given up; undefined when the node is ready
 */
export async function awaitBoot(
  { name: node, container }: NodeName,
  { readyFile: path, limit }: Boot,
  exec: NodeExec,
  signal?: AbortSignal,
): Promise<NodeTrouble | undefined> {
  const timeout = limit / 1000;
  const job: Job = { sources: [], facts: false, ready: { path, timeout }, limit: timeout, untilEof: true };
  const { trouble, ready } = await runProber({ node, container, job, numbers: [] }, exec, signal);
  if (trouble || ready) return trouble;
  return { node, kind: "broken", reason: `${node} did not finish its boot within ${timeout} s: ${path} is not there` };
}
