/** A whole scenario: up, its steps, down. Whatever happens, faults are undone and what was built for it is torn down. */
import type { LabSpec } from "../../infra/spec/spec.ts";
import { EXIT } from "../exit.ts";
import { heal } from "../faults/inject.ts";
import { buildLab } from "../lab/buildLab.ts";
import { down } from "../lab/down.ts";
import { labObjects } from "../lab/objects.ts";
import { stackLab } from "../lab/stackSpec.ts";
import { setUp, type Toolchain } from "../setup/setup.ts";
import type { Scenario, Step } from "./scenario.ts";
import { runStep, type StepResult, type Tell } from "./step.ts";
import { gapText } from "./watch.ts";

export interface Row extends StepResult {
  readonly scenario: string;
  readonly step: string;
  readonly ms: number;
}

/** @throws Failure as soon as a step can't be done at all; a step that fails is a row, and the next one runs */
export async function runScenario(scenario: Scenario, tell: Tell, signal: AbortSignal): Promise<Row[]> {
  const { plan, written } = stackLab(scenario.name); // bad input is told before anything is set up
  const tools = await setUp({ signal });
  const stage = new Stage({ tools, stack: scenario.name, lab: plan.lab, written: written as LabSpec, signal });
  tell(`${scenario.name}: ${scenario.shows}`);
  const rows: Row[] = [];
  const timed = async (step: string, work: () => Promise<StepResult>) => {
    if (signal.aborted) throw signal.reason;
    const began = performance.now();
    const result = await work();
    rows.push({ scenario: scenario.name, step, ms: performance.now() - began, ...result });
  };
  try {
    await timed("up", () => stage.up());
    for (const step of scenario.steps) {
      tell(`\n${scenario.name}, ${step.name}: ${step.say}`);
      await timed(step.name, async () => {
        await stage.configure(step);
        return runStep(plan.lab, step, tell, signal);
      });
    }
  } finally {
    if (signal.aborted)
      tell(`\n${scenario.name}: interrupted; its faults are undone, what was built for it is removed`);
    const began = performance.now();
    await stage.strike();
    rows.push({ scenario: scenario.name, step: "down", ms: performance.now() - began, ...NOTHING_TO_CHECK });
  }
  return rows;
}

const NOTHING_TO_CHECK: StepResult = { checks: 0, failures: [], errors: 0 };

/** The lab that a scenario plays on. One that was there before is left as its stack's file says. */
class Stage {
  readonly #play: Play;
  #wasThere = false;
  #built = false;
  /** The config in force: the stack's own, or what a step made of it. */
  #spec: Step["spec"];

  constructor(play: Play) {
    this.#play = play;
  }

  async up(): Promise<StepResult> {
    const { lab } = this.#play;
    this.#wasThere = (await labObjects(lab)).containers.length > 0;
    this.#built = true;
    if (this.#wasThere) await heal(lab);
    await this.#build();
    return NOTHING_TO_CHECK;
  }

  async configure({ spec }: Step): Promise<void> {
    if (spec === undefined || spec === this.#spec) return;
    this.#spec = spec;
    await this.#build();
  }

  /** Ends the play. */
  async strike(): Promise<void> {
    if (!this.#built) return;
    if (!this.#wasThere) return down(this.#play.stack);
    await heal(this.#play.lab);
    if (this.#spec === undefined) return;
    this.#spec = undefined;
    await this.#build({ evenAborted: true });
  }

  async #build({ evenAborted = false } = {}): Promise<void> {
    const { tools, stack, written, signal } = this.#play;
    try {
      await buildLab(tools, stack, this.#spec?.(written) ?? written);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
    if (signal.aborted && !evenAborted) throw signal.reason;
  }
}

interface Play {
  readonly tools: Toolchain;
  readonly stack: string;
  readonly lab: string;
  readonly written: LabSpec;
  readonly signal: AbortSignal;
}

/** An error weighs more than a failure, as in a report. */
export function exitCodeOfRows(rows: readonly Row[]): number {
  if (rows.some(({ errors }) => errors > 0)) return EXIT.notProved;
  return rows.some(({ failures }) => failures.length > 0) ? EXIT.notAsExpected : EXIT.asExpected;
}

const HEADS = ["scenario", "step", "checks", "verdict", "seconds", "measured"] as const;

/** Plain text in columns. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(cellsOf);
  const wide = HEADS.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]!.length)));
  const right = new Set([2, 4]);
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (right.has(column) ? cell.padStart(wide[column]!) : cell.padEnd(wide[column]!)))
      .join("  ")
      .trimEnd();
  return [HEADS, ...cells].map(line).join("\n");
}

function cellsOf({ scenario, step, checks, failures, errors, ms, gap }: Row): string[] {
  const verdict = errors > 0 ? "could not be probed" : failures.length > 0 ? "FAIL" : checks > 0 ? "as said" : "";
  return [scenario, step, checks > 0 ? String(checks) : "", verdict, (ms / 1000).toFixed(1), gap ? gapText(gap) : ""];
}
