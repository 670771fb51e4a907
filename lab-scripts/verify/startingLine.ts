/** Where all nodes of a lab wait for each other: no probe starts while a node still boots. */

/** A wait of this many milliseconds is told of. */
const WORTH_A_WORD = 2_000;

export class StartingLine {
  readonly #missing: Set<string>;
  readonly #timers: NodeJS.Timeout[];
  #open!: () => void;
  /** Resolves when every node has arrived, or when the time is up. */
  readonly opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  /**
   * @param nodes whom to wait for
   * @param limit milliseconds; who is not there by then was waited for in vain, and its own prober says why
   */
  constructor(nodes: readonly string[], limit: number, tell: (line: string) => void) {
    this.#missing = new Set(nodes);
    this.#timers = [
      setTimeout(() => tell(`waiting for ${[...this.#missing].join(", ")} to finish ${this.#its} boot`), WORTH_A_WORD),
      setTimeout(() => this.#start(), limit),
    ];
    if (nodes.length === 0) this.#start();
  }

  /** The node is ready, or was given up. */
  arrive(node: string): void {
    this.#missing.delete(node);
    if (this.#missing.size === 0) this.#start();
  }

  get #its(): string {
    return this.#missing.size === 1 ? "its" : "their";
  }

  #start(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#open();
  }
}
