/**
 * What each running node says of itself: which state it was told last, and in what it differs from it. All are asked at once, and
 * nothing is changed, so `pulumi preview` may ask too.
 *
 * The generation of a node is a number that is applied and stored with its state. It is an input of the node's state Command: where
 * the node differs it is raised by one, so that `preview` shows an update of that node and `up` applies its state again.
 */
import { LIMIT, outputInside } from "./inside.ts";
import type { MachineContainer } from "./inventory.ts";
import { engineOf } from "./machines.ts";
import { parseTold } from "./told.ts";

export interface Difference {
  /** Where: `host01`, or `host01/web` for a pod's. */
  readonly namespace: string;
  /** For example `route 192.168.30.0/24`. */
  readonly subject: string;
  readonly wanted: string;
  readonly found: string;
}

/** The answer of `podlab-node observe`. */
export interface NodeReport {
  readonly version: 2;
  readonly booted: boolean;
  /** SHA-256 of the state that it was told last; null where it has none. */
  readonly digest: string | null;
  /** Null where that state has not been applied as a whole. */
  readonly generation: number | null;
  /** SHA-256 of the record of the lab (plan/labRecord.ts), which the router keeps; null where it has none. */
  readonly record: string | null;
  /** Faults that are in force: `link-down host02`. */
  readonly faults: readonly string[];
  readonly differences: readonly Difference[];
}

/** By node: what it said, or why it said nothing. Nodes that are not there are missing. */
export type Observations = ReadonlyMap<string, NodeReport | Silent>;

export interface Silent {
  readonly silence: string;
}

type Asked = Pick<MachineContainer, "name" | "lab" | "state" | "machine">;

export async function observe(lab: string, containers: readonly Asked[]): Promise<Observations> {
  const own = containers.filter((one) => one.lab === lab);
  const answers = own.map(async (one) => [one.name.slice(lab.length + 1), await ask(one)] as const);
  return new Map(await Promise.all(answers));
}

const OBSERVE = ["podlab-node", "observe"];

/** Docker refuses to run anything in a node that does not run; one that hangs has its time. Neither is a reason to fail here. */
async function ask({ name, state, machine }: Asked): Promise<NodeReport | Silent> {
  if (state !== "running") return { silence: `wanted it running, found it ${state}` };
  try {
    return parseTold(await outputInside(LIMIT.observe, name, OBSERVE, "", engineOf({ machine }))) as NodeReport;
  } catch (error) {
    return { silence: `it could not be asked: ${(error as Error).message}` };
  }
}

/** Pure. Returns what a node said; undefined where it is not there, or said nothing. */
export function saidBy(node: string, observed: Observations): NodeReport | undefined {
  const seen = observed.get(node);
  return seen && "silence" in seen ? undefined : seen;
}

/** No node has had it before, whatever Pulumi remembers: a node that says nothing, or knows nothing, is told its state again. */
const NOW = Math.floor(Date.now() / 1000);

/** Pure. Returns the generation that the node is declared with. @param others what is wrong with it besides */
export function generationOf(seen: NodeReport | Silent | undefined, others: readonly string[] = []): number {
  if (seen === undefined) return 1;
  if ("silence" in seen || seen.digest === null || seen.generation === null) return NOW;
  return [...troubles(seen), ...others].length > 0 ? seen.generation + 1 : seen.generation;
}

/** As a container's engine, a shell and the agent say that a program is not there, or can't be run. */
const BROKEN = /executable file not found|no such file or directory|exit code 12[67]$|ModuleNotFoundError/i;

/** Pure. Whether the node lacks its agent, or what that works with: nothing in it can be repaired, and it is made anew. */
export function isBroken(seen: NodeReport | Silent | undefined): boolean {
  if (seen === undefined) return false;
  const kernel = "silence" in seen ? [] : seen.differences.filter(({ subject }) => subject === "kernel");
  return ("silence" in seen ? [seen.silence] : kernel.map(({ found }) => found)).some((text) => BROKEN.test(text));
}

/** Pure. Returns what is not as planned in the node, a line each. */
export function troubles(seen: NodeReport | Silent | undefined): string[] {
  if (seen === undefined) return [];
  if ("silence" in seen) return [seen.silence];
  return [
    ...seen.faults.map((fault) => `fault ${fault} is in force`),
    ...seen.differences.map(
      ({ namespace, subject, wanted, found }) => `${namespace}: ${subject}: wanted ${wanted}, found ${found}`,
    ),
  ];
}
