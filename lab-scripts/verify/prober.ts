/** Runs one node's prober and reads what it says. Whatever goes wrong has a reason, and no probe is left without a result. */

import type { Observed } from "../../infra/expect/check.ts";
import { parseTold, printable } from "../../infra/machine/told.ts";
import { OUTCOMES } from "../../infra/spec/outcome.ts";
import type { Job, NodeJob } from "./job.ts";
import { converse, type Heard, type NodeExec, type NodeName } from "./nodeProgram.ts";
import type { StartingLine } from "./startingLine.ts";

export interface ProbeResult extends Observed {
  /** For a held probe: the control that had passed before it started. */
  readonly control?: string;
}

export interface NodeTrouble {
  readonly node: string;
  /** `absent`: no such container; `down`: it doesn't run; `broken`: the prober could not do its work. */
  readonly kind: "absent" | "down" | "broken";
  readonly reason: string;
}

/** What is read of an inner container as its engine and the kernel see it. */
export interface ContainerFact {
  readonly name: string;
  readonly id: string;
  /** As `docker inspect` shows it: `container:<id>` for a member of a pod. */
  readonly networkMode: string;
  /** `running`, `exited` … */
  readonly state: string;
  /** Inode of its network namespace: equal numbers, one namespace. Null when it doesn't run. */
  readonly netns: number | null;
  /** Addresses that the kernel holds in that namespace, loopback left out. */
  readonly addresses: readonly string[];
  /** The same of IPv6, link-local ones left out. */
  readonly addresses6: readonly string[];
}

export interface NodeAnswer {
  readonly node: string;
  /** Whether it said that the node has booted, where it was to wait for that. */
  ready: boolean;
  /** By probe id. */
  readonly results: Map<string, ProbeResult>;
  facts?: readonly ContainerFact[] | undefined;
  /** Why there are no facts although they were asked for. */
  factsMissing?: string | undefined;
  trouble?: NodeTrouble;
}

/**
 * Never rejects for what a node or a prober does; an abort ends it early, with that as the trouble.
 * @param line where the prober of a job with a gate waits for all others
 */
export async function runProber(
  { node, container, machine, job }: NodeJob,
  exec: NodeExec,
  signal?: AbortSignal,
  line?: StartingLine,
): Promise<NodeAnswer> {
  const answer: NodeAnswer = { node, ready: false, results: new Map() };
  let done = false;
  let strange: string | undefined;
  const hear = (text: string): Heard => {
    try {
      const said = parseTold(text);
      if (said.ready) {
        answer.ready = true;
        return "ready";
      }
      if (said.done) done = true;
      else if ("facts" in said) [answer.facts, answer.factsMissing] = [said.facts ?? undefined, said.detail];
      else if (said.id !== undefined) answer.results.set(said.id, resultOf(said));
    } catch {
      strange ??= text.slice(0, 200);
    }
    return done ? "done" : undefined;
  };
  const { problem, code } = await converse({
    node: { name: node, container, machine },
    program: "probe",
    job,
    limits: { ready: job.gate ?? 0, run: job.limit },
    exec,
    hear,
    signal,
    line,
  });
  if (!done) answer.trouble = troubleOf(node, problem || strange || `exit code ${code}`);
  return answer;
}

function resultOf({ id: _, ...result }: ProbeResult & { readonly id: string }): ProbeResult {
  if ((OUTCOMES as readonly string[]).includes(result.outcome)) return result;
  return { outcome: "probe-error", detail: `the prober spoke of an unknown outcome ${result.outcome}` };
}

/** What docker's message means for a node (docker/cli and moby word them so since 1.13). */
export function troubleOf(node: string, problem: string, program = "prober"): NodeTrouble {
  const reason = problem
    .trim()
    .split("\n")
    .slice(-3)
    .map((line) => printable(line))
    .join(" | ");
  if (/no such container/i.test(problem)) return { node, kind: "absent", reason: `${node} is not there: ${reason}` };
  if (/is not running|is paused|is restarting/i.test(problem)) {
    return { node, kind: "down", reason: `${node} does not run: ${reason}` };
  }
  if (/executable file not found|podlab-node.*no such file or directory/i.test(problem)) {
    return { node, kind: "broken", reason: `${node} has no podlab-node, the agent of podlab's node image: ${reason}` };
  }
  return { node, kind: "broken", reason: `the ${program} in ${node} did not finish: ${reason}` };
}

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
  { name: node, container, machine }: NodeName,
  { readyFile: path, limit }: Boot,
  exec: NodeExec,
  signal?: AbortSignal,
): Promise<NodeTrouble | undefined> {
  const timeout = limit / 1000;
  const job: Job = { sources: [], facts: false, ready: { path, timeout }, limit: timeout, untilEof: true };
  const { trouble, ready } = await runProber({ node, container, machine, job, numbers: [] }, exec, signal);
  if (trouble || ready) return trouble;
  return { node, kind: "broken", reason: `${node} did not finish its boot within ${timeout} s: ${path} is not there` };
}
