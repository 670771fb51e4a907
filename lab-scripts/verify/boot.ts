/** The boot of a node that nothing is probed from, but that probes go to or through. */
import { type NodeDoor, type NodeName, runIn } from "./nodeProgram.ts";
import { type NodeTrouble, troubleOf } from "./prober.ts";

/** Bounded by itself as well: `docker exec` stops nothing when its caller ends. $1: the file; $2: looks, 20 a second. */
const LOOK = 'i=0; until [ -e "$1" ]; do i=$((i + 1)); [ "$i" -le "$2" ] || exit 9; sleep 0.05; done';
const TOO_LATE = 9;
const WAIT = ["sh", "-c", LOOK, "boot"];
/** A door that hangs is left this many milliseconds after the command behind it would have ended. */
const SLACK = 5_000;

/**
 * Waits until the node has booted.
 * @param limit milliseconds
 * @returns why it was given up; undefined when it is ready
 */
export async function awaitBoot(
  node: NodeName,
  readyFile: string,
  limit: number,
  door: NodeDoor,
  signal?: AbortSignal,
): Promise<NodeTrouble | undefined> {
  const { stdin, stdout, problem, kill, ended } = runIn(node, door, [
    ...WAIT,
    readyFile,
    String(Math.ceil(limit / 50)),
  ]);
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
  const late = `${node.name} did not finish its boot within ${limit / 1000} s: ${readyFile} is not there`;
  if (code === TOO_LATE) return { node: node.name, kind: "broken", reason: late };
  return troubleOf(node.name, problem.join("") || `exit code ${code}`);
}
