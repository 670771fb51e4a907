/** Probers that are started while it is still being computed what to ask them: the machine's other processors have time for it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Running } from "../../infra/machine/running.ts";
import type { LabPlan } from "../../infra/model/plan.ts";
import { type Filter, sourcePasses } from "./filter.ts";
import { begin, dockerExec, type NodeDoor, type NodeName } from "./nodeProgram.ts";

/** An engine that has not even taken the order by then, in milliseconds, is not worth waiting for. */
const ORDERED_WITHIN = 1000;

/** A prober that waits in the node already. */
export type Begun = (node: NodeName) => Running | undefined;

export class Probers {
  /** When all are on their way. To compute before that keeps this process from asking the engine for them. */
  readonly begun: Promise<unknown>;
  readonly #waiting: Map<string, Running>;

  /** One in every host that the filter lets probe, from where a whole matrix is probed; and wherever one waits already. */
  constructor({ nodes, netns }: LabPlan, filter: Filter, door: NodeDoor = dockerExec, begun: Begun = () => undefined) {
    const sources = new Set(netns.flatMap(({ id, node }) => (sourcePasses(filter, id) ? [node] : [])));
    const waiting = nodes.flatMap((node) => {
      const probes = node.role === "host" && sources.has(node.name);
      const prober = begun(node) ?? (probes ? begin(node, "prober", door) : undefined);
      return prober ? [[node.name, prober] as const] : [];
    });
    this.#waiting = new Map(waiting);
    const all = Promise.all([...this.#waiting.values()].map(({ begun }) => begun));
    this.begun = Promise.race([all, sleep(ORDERED_WITHIN, undefined, { ref: false })]);
  }

  /** The one that waits in this node, if one still does. */
  take(node: string): Running | undefined {
    const found = this.#waiting.get(node);
    this.#waiting.delete(node);
    return found;
  }

  /** Ends those that nobody took: a prober without a job has nothing to say. */
  dismiss(): void {
    for (const prober of this.#waiting.values()) dismiss(prober);
    this.#waiting.clear();
  }
}

/** Without a job it ends by itself. */
export function dismiss({ stdin, stdout }: Running): void {
  stdin.end();
  stdout.resume();
}
