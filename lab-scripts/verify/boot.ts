/** The boot of a node that nothing is probed from, but that probes go to or through. */
import type { Running } from "../../infra/machine/running.ts";
import type { Job } from "./job.ts";
import { converse, type NodeDoor, type NodeName, runIn } from "./nodeProgram.ts";
import { type NodeTrouble, troubleOf } from "./prober.ts";

/** Bounded by itself as well: `docker exec` stops nothing when its caller ends. $1: the file; $2: looks, 20 a second. */
const LOOK = 'i=0; until [ -e "$1" ]; do i=$((i + 1)); [ "$i" -le "$2" ] || exit 9; sleep 0.05; done';
const TOO_LATE = 9;
const WAIT = ["sh", "-c", LOOK, "boot"];
/** A door that hangs is left this many milliseconds after the command behind it would have ended. */
const SLACK = 5_000;

export interface Boot {
  /** What tells that the node has booted. */
  readonly readyFile: string;
  /** Milliseconds. */
  readonly limit: number;
}

export interface BootOptions {
  readonly door: NodeDoor;
  readonly signal?: AbortSignal | undefined;
  /** A prober that waits in the node, and can tell as well as a shell that would have to be started there. */
  readonly begun?: Running | undefined;
}

/**
 * Waits until the node has booted.
 * @returns why it was given up; undefined when it is ready
 */
export async function awaitBoot(node: NodeName, boot: Boot, options: BootOptions): Promise<NodeTrouble | undefined> {
  const { begun } = options;
  const { code, problem } = begun ? await byProber(node, boot, begun, options) : await byShell(node, boot, options);
  if (code === 0) return undefined;
  const late = `${node.name} did not finish its boot within ${boot.limit / 1000} s: ${boot.readyFile} is not there`;
  if (code === TOO_LATE) return { node: node.name, kind: "broken", reason: late };
  return troubleOf(node.name, problem || `exit code ${code}`);
}

/** Its exit code and what was complained of. */
interface Ended {
  readonly code: number | null;
  readonly problem: string;
}

async function byShell(node: NodeName, { readyFile, limit }: Boot, { door, signal }: BootOptions): Promise<Ended> {
  const command = [...WAIT, readyFile, String(Math.ceil(limit / 50))];
  const { stdin, stdout, problem, kill, ended } = runIn(node, door, command);
  stdin.end();
  stdout.resume();
  const stop = (why: string) => {
    problem.unshift(`${why}\n`);
    kill();
  };
  const timer = setTimeout(() => stop(`no answer within ${(limit + SLACK) / 1000} s`), limit + SLACK);
  const onAbort = () => stop("stopped by the user");
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const code = await ended;
  clearTimeout(timer);
  signal?.removeEventListener("abort", onAbort);
  return { code, problem: problem.join("") };
}

/** A job without a probe: it says that the node is ready, and is done. */
async function byProber(
  node: NodeName,
  { readyFile, limit }: Boot,
  begun: Running,
  { door, signal }: BootOptions,
): Promise<Ended> {
  const seconds = limit / 1000;
  const ready = { path: readyFile, timeout: seconds };
  const job: Job = { sources: [], facts: false, ready, limit: seconds, attended: true };
  let booted = false;
  const hear = (line: string) => {
    const said = JSON.parse(line) as { readonly ready?: boolean; readonly done?: boolean };
    booted ||= said.ready === true;
    return said.done ? "done" : undefined;
  };
  const limits = { ready: seconds, run: seconds };
  const { code, problem } = await converse({ node, program: "prober", begun, job, limits, door, hear, signal });
  return { code: code === 0 && !booted ? TOO_LATE : code, problem };
}
