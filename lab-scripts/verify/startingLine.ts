/** Where all nodes of a lab wait for each other: no probe starts while a node still boots. */

/** A wait of this many milliseconds is told of. */
const WORTH_A_WORD = 2_000;

export class StartingLine {
  readonly #missing: Set<string>;
  readonly #timers: NodeJS.Timeout[];
  readonly #line = Promise.withResolvers<void>();
  /** Resolves when every node has arrived, or when the time is up. */
  readonly opened = this.#line.promise;

  /**
   * @param nodes whom to wait for
   * @param limit milliseconds; who is not there by then was waited for in vain, and its own prober says why
   */
  constructor(nodes: readonly string[], limit: number, tell: (line: string) => void = () => {}) {
    this.#missing = new Set(nodes);
    const explain = () => {
      const its = this.#missing.size === 1 ? "its" : "their";
      tell(`waiting for ${[...this.#missing].join(", ")} to finish ${its} boot`);
    };
    this.#timers = [setTimeout(explain, WORTH_A_WORD), setTimeout(() => this.#start(), limit)];
    if (nodes.length === 0) this.#start();
  }

  /** The node is ready, or was given up. */
  arrive(node: string): void {
    this.#missing.delete(node);
    if (this.#missing.size === 0) this.#start();
  }

  #start(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#line.resolve();
  }
}
