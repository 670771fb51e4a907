/** The boot of a node that nothing is probed from, but that probes go to or through. */
import type { Running } from "../../infra/machine/running.ts";
import type { Job } from "./job.ts";
import { type NodeDoor, type NodeName, runIn } from "./nodeProgram.ts";
import { type NodeTrouble, runProber, troubleOf } from "./prober.ts";

/** Bounded by itself as well: `docker exec` stops nothing when its caller ends. $1: the file; $2: looks, 20 a second. */
const LOOK = 'i=0; until [ -e "$1" ]; do i=$((i + 1)); [ "$i" -le "$2" ] || exit 9; sleep 0.05; done';
const TOO_LATE = 9;
const WAIT = ["sh", "-c", LOOK, "boot"];
/** A door that hangs is left this many milliseconds after the command behind it would have ended. */
const SLACK = 5_000;

/** Written by a node's entrypoint. */
export const READY_FILE = "/run/podlab/ready";

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
  readonly prober?: Running | undefined;
  /** That shell, where it has been started already. */
  readonly look?: Running | undefined;
}

/** Starts a shell in the node that ends when the node has booted. */
export function beginLook(node: NodeName, { readyFile, limit }: Boot, door: NodeDoor): Running {
  return runIn(node, door, [...WAIT, readyFile, String(Math.ceil(limit / 50))]);
}

/**
 * Waits until the node has booted.
 * @returns why it was given up; undefined when it is ready
 */
export function awaitBoot(node: NodeName, boot: Boot, options: BootOptions): Promise<NodeTrouble | undefined> {
  const { prober } = options;
  return prober ? byProber(node, boot, prober, options) : byShell(node, boot, options);
}

function tooLate({ name }: NodeName, { readyFile, limit }: Boot): NodeTrouble {
  const reason = `${name} did not finish its boot within ${limit / 1000} s: ${readyFile} is not there`;
  return { node: name, kind: "broken", reason };
}

async function byShell(
  node: NodeName,
  boot: Boot,
  { door, signal, look = beginLook(node, boot, door) }: BootOptions,
): Promise<NodeTrouble | undefined> {
  const { limit } = boot;
  const { stdin, stdout, problem, kill, ended } = look;
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
  if (code === 0) return undefined;
  if (code === TOO_LATE) return tooLate(node, boot);
  return troubleOf(node.name, problem.join("") || `exit code ${code}`);
}

/** A job without a probe: it says that the node is ready, and is done. */
async function byProber(
  node: NodeName,
  boot: Boot,
  prober: Running,
  { door, signal }: BootOptions,
): Promise<NodeTrouble | undefined> {
  const { readyFile: path, limit } = boot;
  const timeout = limit / 1000;
  const job: Job = { sources: [], facts: false, ready: { path, timeout }, limit: timeout, attended: true };
  const asked = { node: node.name, container: node.container, job, numbers: [] };
  const { trouble, ready } = await runProber(asked, door, signal, undefined, prober);
  return trouble ?? (ready ? undefined : tooLate(node, boot));
}
