/** Runs the prober or the packet capture in a node: a job goes in, lines come out, and it never outlives whoever asked. */
import { createInterface } from "node:readline";
import { inside } from "../../infra/machine/inside.ts";
import { engineOf, type OnMachine } from "../../infra/machine/machines.ts";
import { child, type Running } from "../../infra/machine/running.ts";
import { dockerFor } from "../../infra/spec/names.ts";
import type { StartingLine } from "./startingLine.ts";

export interface NodeName extends OnMachine {
  readonly name: string;
  readonly container: string;
}

/** What of the node's agent is run. */
export type Program = "probe" | "capture";

/** A command that runs what follows it inside a node. */
export type NodeExec = (node: NodeName) => readonly string[];

export const dockerExec: NodeExec = (node) => [...dockerFor(node), "exec", "-i", node.container];

/** What a line of the program meant. */
export type Heard = "ready" | "done" | undefined;

export interface Conversation {
  readonly node: NodeName;
  readonly program: Program;
  readonly job: object;
  /** Seconds: the program's own limits, until it must be ready to start, and from the word to start until its end. */
  readonly limits: { readonly ready: number; readonly run: number };
  readonly exec: NodeExec;
  readonly hear: (line: string) => Heard;
  readonly signal?: AbortSignal | undefined;
  /** Where the program waits for those in other nodes; without one it starts by itself. */
  readonly line?: StartingLine | undefined;
  /** Where it waits for them once more, after its work. */
  readonly finish?: StartingLine | undefined;
}

/** Seconds that an exec may take on top of its command. */
const SLACK = 5;

/** Starts the program. */
function start(node: NodeName, program: Program, exec: NodeExec): Running {
  const command = ["podlab-node", program];
  return exec === dockerExec ? inside(node.container, command, engineOf(node)) : child([...exec(node), ...command]);
}

/**
 * Never rejects. Who has said that it is done is not waited for, as Docker takes a while to see that it ended; an exec that hangs
 * is left then, too.
 * @returns what was complained of, and the exit code; null when it is not known, or when a signal or no start ended it
 */
export async function converse(talk: Conversation): Promise<{ problem: string; code: number | null }> {
  const { node, program, job, limits, exec, hear, signal, line, finish } = talk;
  const { stdin, stdout, problem, kill, ended } = start(node, program, exec);
  const { promise: done, resolve: isDone } = Promise.withResolvers<null>();
  let last: Heard;
  let over = false;
  const stop = (why: string) => {
    problem.unshift(`${why}\n`);
    stdin.destroy();
    kill();
  };
  // The program ends at its own limits; these are for an exec that hangs. Closing stdin ends the program that it runs.
  const within = (seconds: number) =>
    setTimeout(() => stop(`no end after ${seconds + SLACK} s`), (seconds + SLACK) * 1000);
  let limit = within(line ? limits.ready : limits.run);
  const onAbort = () => stop("stopped by the user");
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  // The program reads its stdin to the end: it is closed once it has said that it is done.
  stdin.write(`${JSON.stringify(job)}\n`);
  void line?.opened.then(() => {
    if (over || last === "done") return;
    clearTimeout(limit);
    limit = within((last === "ready" ? 0 : limits.ready) + limits.run);
    stdin.write("go\n");
  });
  void finish?.opened.then(() => {
    if (!over && stdin.writable) stdin.write("go\n");
  });
  const awaited = [line, finish];
  createInterface({ input: stdout }).on("line", (text) => {
    const heard = hear(text);
    last = heard ?? last;
    if (heard === "ready") awaited.shift()?.arrive(node.name);
    if (heard !== "done") return;
    stdin.end();
    isDone(null);
  });
  void ended.then(() => {
    clearTimeout(limit);
    signal?.removeEventListener("abort", onAbort);
  });
  const code = await Promise.race([done, ended]);
  over = true;
  line?.arrive(node.name);
  finish?.arrive(node.name);
  return { problem: problem.join(""), code };
}
