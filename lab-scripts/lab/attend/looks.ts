/** What the nodes of a lab say of their units: all that run are asked at once, and who wants to know gets the answers. */
import type { MachineContainer } from "../../../infra/machine/inventory.ts";
import { type Ask, askNode } from "../../../infra/machine/observe.ts";

/** Whoever knows what the nodes say. */
export interface Said {
  /** All that could be had, by the container's id. */
  said(): Promise<Record<string, string>>;
}

export class Looks implements Said {
  readonly #answers: ReadonlyMap<string, Promise<string>>;

  /** @param containers of the machine */
  constructor(lab: string, containers: readonly MachineContainer[], ask: Ask = askNode) {
    const running = containers.filter((one) => one.lab === lab && one.state === "running");
    this.#answers = new Map(running.map(({ id }) => [id, ask(id)]));
    for (const answer of this.#answers.values()) answer.catch(() => {}); // told when somebody wants to know
  }

  /** What was said; who was not asked is asked now. */
  readonly ask: Ask = (container) => this.#answers.get(container) ?? askNode(container);

  async said(): Promise<Record<string, string>> {
    const said = [...this.#answers].map(async ([id, answer]) => {
      const text = await answer.catch(() => undefined);
      return text === undefined ? [] : [[id, text] as const];
    });
    return Object.fromEntries((await Promise.all(said)).flat());
  }
}
