/**
 * The units of a node that was just made, and a prober that waits there afterwards, for one order: each `docker exec` costs some
 * 70 ms of processor time, and of a new lab the one follows the other.
 */
import { type ToApply, UNITS_WITHIN_MS } from "../../../infra/machine/attendant.ts";
import { inside } from "../../../infra/machine/inside.ts";
import type { Running } from "../../../infra/machine/running.ts";
import { dismiss } from "../../verify/probers.ts";
import { PYTHON, programText } from "../../verify/program.ts";
import { divided } from "./divided.ts";

/** What comes after the names of the units (lab-scripts/host/then_probe.py). */
const APPLIED = "=== applied ===\n";

export class ApplyAndProbe {
  readonly #applying = new Set<Running>();
  readonly #probers = new Map<string, Running>();

  /**
   * Applies them. Never rejects: what was not applied is left to its own Command, which says why.
   * @param plugged the second line that units.py waits for, without its end
   * @returns the names of those that were, a line each
   */
  async apply({ container, id, job }: ToApply, plugged: Promise<string>): Promise<string> {
    const running = inside(id, [...PYTHON, "-c", programText("newNodeProber")]);
    const { said, rest } = divided(running.stdout, APPLIED);
    this.#applying.add(running);
    const timer = setTimeout(() => running.kill(), UNITS_WITHIN_MS);
    running.stdin.write(`${JSON.stringify(job)}\n`);
    void plugged.then((word) => running.stdin.write(`${word}\n`));
    try {
      const names = await said;
      this.#probers.set(container, { ...running, stdout: rest });
      return names;
    } catch {
      return "";
    } finally {
      clearTimeout(timer);
      this.#applying.delete(running);
    }
  }

  /** The prober in the container of that name, which is then the caller's. */
  take(container: string): Running | undefined {
    const prober = this.#probers.get(container);
    this.#probers.delete(container);
    return prober;
  }

  /** Ends all that nobody took, and goes away from what is still at its units. */
  dismiss(): void {
    for (const running of this.#applying) running.kill();
    for (const prober of this.#probers.values()) dismiss(prober);
    this.#probers.clear();
  }
}
