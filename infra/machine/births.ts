/**
 * Containers and networks as soon as the machine's engine has them, by its events. Docker's provider tells of them later: of a
 * network after the two seconds until it looks for it.
 */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { call, theEngine } from "./engineApi.ts";

/** Of the engine's events, what is used here. */
interface Event {
  readonly Type: "container" | "network";
  readonly Action: "start" | "create";
  readonly Actor: { readonly ID: string; readonly Attributes: { readonly name: string } };
}

export class Births {
  readonly #awaited = new Map<string, PromiseWithResolvers<string>>();

  /** @param since what was born before is of no interest */
  constructor(since: Date) {
    void this.#listen(since).catch(() => {}); // then nothing is told here
  }

  /** The id of a container of that name that has been started. May never resolve. */
  container(name: string): Promise<string> {
    return this.#await(`container ${name}`).promise;
  }

  /** The id of a network of that name that has been made. */
  network(name: string): Promise<string> {
    return this.#await(`network ${name}`).promise;
  }

  async #listen(since: Date): Promise<void> {
    const filters = { type: ["container", "network"], event: ["start", "create"] };
    const query = new URLSearchParams({ since: String(since.getTime() / 1000), filters: JSON.stringify(filters) });
    const request = call(theEngine(), "GET", `/events?${query}`);
    // It never ends: nothing waits for that.
    request.on("socket", (socket) => socket.unref?.());
    const [response] = (await once(request, "response")) as [IncomingMessage];
    for await (const line of createInterface(response)) {
      const { Type, Action, Actor } = JSON.parse(line) as Event;
      // A container is of use when it runs.
      if ((Type === "container") === (Action === "start"))
        this.#await(`${Type} ${Actor.Attributes.name}`).resolve(Actor.ID);
    }
  }

  #await(what: string): PromiseWithResolvers<string> {
    const awaited = this.#awaited.get(what) ?? Promise.withResolvers<string>();
    this.#awaited.set(what, awaited);
    return awaited;
  }
}
