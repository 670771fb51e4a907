/** Runs one node's prober and reads what it says. Whatever goes wrong has a reason, and no probe is left without a result. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Sight } from "../../infra/model/check.ts";
import { OUTCOMES } from "../../infra/model/outcome.ts";
import type { ContainerFact } from "./facts.ts";
import type { NodeJob } from "./job.ts";
import { PYTHON, proberProgram } from "./program.ts";
import type { StartingLine } from "./startingLine.ts";

export interface ProbeResult extends Sight {
  readonly detail?: string;
  readonly rttMs?: number;
  /** For a held probe: the control that had passed before it started. */
  readonly control?: string;
}

export interface NodeTrouble {
  readonly node: string;
  /** `absent`: no such container; `down`: it doesn't run; `broken`: the prober could not do its work. */
  readonly kind: "absent" | "down" | "broken";
  readonly reason: string;
}

export interface NodeAnswer {
  readonly node: string;
  /** By probe id. */
  readonly results: ReadonlyMap<string, ProbeResult>;
  readonly facts?: readonly ContainerFact[];
  /** Why there are no facts although they were asked for. */
  readonly factsMissing?: string;
  readonly trouble?: NodeTrouble;
}

/** A command that runs what follows it inside a node. */
export type NodeDoor = (node: { readonly name: string; readonly container: string }) => readonly string[];

export const dockerExec: NodeDoor = ({ container }) => ["docker", "exec", "-i", container];

/**
 * Never rejects for what a node or a prober does; an abort ends it early, with that as the trouble.
 * @param line where the prober of a job with a gate waits for all others
 */
export async function runProber(
  nodeJob: NodeJob,
  door: NodeDoor,
  signal?: AbortSignal,
  line?: StartingLine,
): Promise<NodeAnswer> {
  const { node, container, job } = nodeJob;
  const [command, ...args] = [...door({ name: node, container }), ...PYTHON, "-c", proberProgram()];
  const heard = new Hearing(node);
  const child = spawn(command!, args, { stdio: ["pipe", "pipe", "pipe"] });
  const problem: string[] = [];
  child.on("error", (error) => problem.push(error.message));
  child.stdin.on("error", () => {}); // a door that closes early says why on stderr
  child.stderr.setEncoding("utf8").on("data", (text: string) => problem.push(text));
  const stop = (why: string) => {
    problem.unshift(`${why}\n`);
    child.stdin.destroy();
    child.kill("SIGTERM");
  };
  // The prober ends at its own limits; these are for a door that hangs. Closing stdin ends the prober behind it.
  const within = (seconds: number) =>
    setTimeout(() => stop(`no end after ${seconds + SLACK} s`), (seconds + SLACK) * 1000);
  let limit = within(job.gate ?? job.limit);
  const onAbort = () => stop("stopped by the user");
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  // The prober reads its stdin to the end: it is closed once it has said that it is done.
  child.stdin.write(`${JSON.stringify(job)}\n`);
  void line?.opened.then(() => {
    if (child.exitCode !== null || heard.done) return;
    clearTimeout(limit);
    limit = within((heard.ready ? 0 : (job.ready?.timeout ?? 0)) + job.limit);
    child.stdin.write("go\n");
  });
  createInterface({ input: child.stdout }).on("line", (text) => {
    heard.line(text);
    if (heard.ready) line?.arrive(node);
    if (heard.done) child.stdin.end();
  });
  try {
    const [code] = await once(child, "close").catch(() => [null]);
    return heard.answer(problem.join(""), code);
  } finally {
    clearTimeout(limit);
    line?.arrive(node);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Seconds that a door may take on top of what is behind it. */
const SLACK = 5;

/** What a prober has said so far. */
class Hearing {
  readonly #node: string;
  readonly #results = new Map<string, ProbeResult>();
  #facts: ContainerFact[] | undefined;
  #factsMissing: string | undefined;
  #strange: string | undefined;
  ready = false;
  done = false;

  constructor(node: string) {
    this.#node = node;
  }

  line(text: string): void {
    try {
      const said = JSON.parse(text);
      if (said.done) this.done = true;
      else if (said.ready) this.ready = true;
      else if ("facts" in said) [this.#facts, this.#factsMissing] = [said.facts ?? undefined, said.detail];
      else if (said.id !== undefined) this.#result(said);
    } catch {
      this.#strange ??= text.slice(0, 200);
    }
  }

  #result({ id, ...result }: ProbeResult & { id: string }): void {
    const known = (OUTCOMES as readonly string[]).includes(result.outcome);
    const strange = {
      outcome: "probe-error",
      detail: `the prober spoke of an unknown outcome ${result.outcome}`,
    } as const;
    this.#results.set(id, known ? result : strange);
  }

  answer(problem: string, code: number | null): NodeAnswer {
    const trouble = this.done ? undefined : troubleOf(this.#node, problem || this.#strange || `exit code ${code}`);
    return {
      node: this.#node,
      results: this.#results,
      ...(this.#facts ? { facts: this.#facts } : {}),
      ...(this.#factsMissing ? { factsMissing: this.#factsMissing } : {}),
      ...(trouble ? { trouble } : {}),
    };
  }
}

/** What docker's message means for a node (docker/cli and moby word them so since 1.13). */
export function troubleOf(node: string, problem: string): NodeTrouble {
  const reason = problem.trim().split("\n").slice(-3).join(" | ");
  if (/no such container/i.test(problem)) return { node, kind: "absent", reason: `${node} is not there: ${reason}` };
  if (/is not running|is paused|is restarting/i.test(problem)) {
    return { node, kind: "down", reason: `${node} does not run: ${reason}` };
  }
  if (/executable file not found|no such file or directory.*python3/i.test(problem)) {
    return { node, kind: "broken", reason: `${node} has no python3, which the prober needs: ${reason}` };
  }
  return { node, kind: "broken", reason: `the prober in ${node} did not finish: ${reason}` };
}
