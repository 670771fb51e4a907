/**
 * A look into a host, and a prober that waits there afterwards, for one order: each `docker exec` costs some 70 ms of processor
 * time, and where nothing changed the one follows the other.
 */
import { hostScript } from "../../../infra/components/scripts.ts";
import { inside } from "../../../infra/machine/inside.ts";
import type { Inventory } from "../../../infra/machine/inventory.ts";
import { type Ask, askNode, LOOK_MS } from "../../../infra/machine/observe.ts";
import type { Running } from "../../../infra/machine/running.ts";
import type { LabPlan } from "../../../infra/plan/plan.ts";
import { type Begun, dismiss } from "../../verify/probers.ts";
import { PYTHON, programText } from "../../verify/program.ts";
import { divided } from "./divided.ts";
import { Looks } from "./looks.ts";

/** What the prober says once it has looked (lab-scripts/host/look.py). */
const LOOKED = "=== looked ===\n";

export class LookAndProbe {
  readonly #hosts: ReadonlySet<string>;
  readonly #probers = new Map<string, Running>();

  /** @param hosts ids of the containers that probers are wanted in */
  constructor(hosts: Iterable<string>) {
    this.#hosts = new Set(hosts);
  }

  readonly ask: Ask = (container) => {
    if (!this.#hosts.has(container)) return askNode(container);
    const running = inside(container, [...PYTHON, "-c", programText("lookingProber"), hostScript("observe")]);
    const { said, rest } = divided(running.stdout, LOOKED);
    this.#probers.set(container, { ...running, stdout: rest });
    const timer = setTimeout(() => running.kill(), LOOK_MS);
    return said.finally(() => clearTimeout(timer));
  };

  /** The prober in that container, which is then the caller's. */
  take(container: string): Running | undefined {
    const prober = this.#probers.get(container);
    this.#probers.delete(container);
    return prober;
  }

  /** Ends all that nobody took. */
  dismiss(): void {
    for (const prober of this.#probers.values()) dismiss(prober);
    this.#probers.clear();
  }
}

/** What is asked of a lab before anybody needs to know it, and the probers that wait in its hosts since. */
export interface Ahead {
  readonly looks: Looks;
  readonly waiting: Begun;
  /** Ends the probers that nobody took. */
  dismiss(): void;
}

/** @param probers of no use where nodes are yet to be made, or may have to be */
export function lookAhead(plan: LabPlan, found: Inventory, { probers }: { readonly probers: boolean }): Ahead {
  const hosts = hostsThere(plan, found);
  const probing = new LookAndProbe(probers ? hosts.values() : []);
  return {
    looks: new Looks(plan.lab, found.containers, probing.ask),
    waiting: ({ container }) => probing.take(hosts.get(container) ?? ""),
    dismiss: () => probing.dismiss(),
  };
}

/** The containers of the plan's hosts: id by name. */
function hostsThere({ nodes }: LabPlan, { containers }: Inventory): ReadonlyMap<string, string> {
  const names = new Set(nodes.flatMap(({ role, container }) => (role === "host" ? container : [])));
  return new Map(containers.flatMap(({ name, id }) => (names.has(name) ? [[name, id] as const] : [])));
}
