/** The boot of a node that nothing is probed from, but that probes go to or through. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { NodeDoor } from "./nodeProgram.ts";
import { type NodeTrouble, troubleOf } from "./prober.ts";

/** Bounded by itself as well: `docker exec` stops nothing when its caller ends. $1: the file; $2: looks, 20 a second. */
const WAIT = 'i=0; until [ -e "$1" ]; do i=$((i + 1)); [ "$i" -le "$2" ] || exit 9; sleep 0.05; done';
const TOO_LATE = 9;

/**
 * Waits until the node has booted.
 * @param limit milliseconds
 * @returns why it was given up; undefined when it is ready
 */
export async function awaitBoot(
  node: { readonly name: string; readonly container: string },
  readyFile: string,
  limit: number,
  door: NodeDoor,
  signal?: AbortSignal,
): Promise<NodeTrouble | undefined> {
  const [command, ...args] = [...door(node), "sh", "-c", WAIT, "boot", readyFile, String(Math.ceil(limit / 50))];
  try {
    await promisify(execFile)(command!, args, { timeout: limit + 5_000, ...(signal ? { signal } : {}) });
    return undefined;
  } catch (error) {
    const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
    const late = `${node.name} did not finish its boot within ${limit / 1000} s: ${readyFile} is not there`;
    if (code === TOO_LATE) return { node: node.name, kind: "broken", reason: late };
    return troubleOf(node.name, stderr?.trim() ? stderr : message);
  }
}
