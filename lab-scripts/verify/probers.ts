/**
 * Probers, and in nodes without one a look whether they have booted, that are started while it is still being computed what to
 * ask: the machine's other processors have time for it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Running } from "../../infra/machine/running.ts";
import { beginLook, READY_FILE } from "./boot.ts";
import { type Filter, mayStartIn } from "./filter.ts";
import { begin, dockerExec, type NodeDoor, type NodeName } from "./nodeProgram.ts";
import { PATIENCE } from "./patience.ts";

/** An engine that has not even taken the order by then, in milliseconds, is not worth waiting for. */
const ORDERED_WITHIN = 1000;

export interface LabNode extends NodeName {
  /** `host`, `router` or `internet`. */
  readonly role: string;
}

/** A prober that waits in the node already. */
export type Begun = (node: NodeName) => Running | undefined;

export class Probers {
  /** When all are on their way. To compute before that keeps this process from asking the engine for them. */
  readonly begun: Promise<unknown>;
  readonly #probers = new Map<string, Running>();
  readonly #looks = new Map<string, Running>();

  /** One in every host that the filter lets probe, from where a whole matrix is probed; and wherever one waits already. */
  constructor(nodes: readonly LabNode[], filter: Filter, door: NodeDoor = dockerExec, begun: Begun = () => undefined) {
    for (const node of nodes) {
      const probes = node.role === "host" && mayStartIn(filter, node.name);
      const prober = begun(node) ?? (probes ? begin(node, "probe", door) : undefined);
      if (prober) this.#probers.set(node.name, prober);
      else this.#looks.set(node.name, beginLook(node, { readyFile: READY_FILE, limit: PATIENCE.ready }, door));
    }
    const all = Promise.all([...this.#probers.values(), ...this.#looks.values()].map(({ begun }) => begun));
    this.begun = Promise.race([all, sleep(ORDERED_WITHIN, undefined, { ref: false })]);
  }

  /** The prober that waits in this node, if one still does. */
  take(node: string): Running | undefined {
    return taken(this.#probers, node);
  }

  /** The look at this node's boot, if there still is one. */
  takeLook(node: string): Running | undefined {
    return taken(this.#looks, node);
  }

  /** Ends what nobody took: a prober without a job has nothing to say. */
  dismiss(): void {
    for (const prober of this.#probers.values()) dismiss(prober);
    for (const look of this.#looks.values()) look.kill();
    this.#probers.clear();
    this.#looks.clear();
  }
}

function taken(waiting: Map<string, Running>, node: string): Running | undefined {
  const found = waiting.get(node);
  waiting.delete(node);
  return found;
}

/** Without a job it ends by itself. */
export function dismiss({ stdin, stdout }: Running): void {
  stdin.end();
  stdout.resume();
}
