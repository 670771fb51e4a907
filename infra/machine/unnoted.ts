/**
 * The mark of a first run. Pulumi writes its whole state before and after each step, which is a tenth of all that building a
 * large lab takes; a first run is spared that and notes down everything at its end, Ctrl-C included. Only a run that is
 * killed never comes to its end: then this mark is left, and says that nothing of the lab was noted down.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Pulumi's own variable for such a run (https://www.pulumi.com/docs/iac/cli/environment-variables/). */
export const WITHOUT_NOTES = "PULUMI_SKIP_CHECKPOINTS";

const FOLDER = join(import.meta.dirname, "../../.podlab/unnoted");
const markOf = (stack: string): string => join(FOLDER, stack);

/** Whether what there is of the lab was made by a run that could note down nothing of it. */
export const isUnnoted = (stack: string): boolean => existsSync(markOf(stack));

export function markUnnoted(stack: string): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(markOf(stack), "");
}

/** Whether this run notes down nothing before its end. */
export const notesNothing = (): boolean => process.env[WITHOUT_NOTES] !== undefined;

/** In the program, with nothing unnoted left: unless this, too, is such a run. */
export function notedFromNowOn(stack: string): void {
  if (!notesNothing()) unmarkUnnoted(stack);
}

export function unmarkUnnoted(stack: string): void {
  rmSync(markOf(stack), { force: true });
}
