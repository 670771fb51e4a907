/** Where podlab's own files are, and the folder whose labs are built. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder that holds `infra` and `lab-scripts`: a clone of podlab, or `dist` of the npm package. */
export const ROOT = join(import.meta.dirname, "..");

/** Returns whether a folder is a clone of podlab, which keeps its labs beside its sources: the npm package has no TypeScript. */
export const isClone = (folder: string): boolean => existsSync(join(folder, "infra/home.ts"));

/** Whether podlab runs from a clone. */
export const IS_CLONE = isClone(ROOT);

/**
 * The folder whose labs these are: `npm start` builds the clone's own, `npx podlab` those of the folder where it is run, which
 * PODLAB_HOME hands on to what podlab starts.
 */
export const HOME = process.env.PODLAB_HOME || (IS_CLONE ? ROOT : process.cwd());

/** What podlab keeps in that folder. */
export const OWN = join(HOME, ".podlab");

/** Returns where the labs of a folder have their state: Pulumi's, and podlab's beside it. */
export const stateIn = (folder: string): string => join(folder, isClone(folder) ? ".state" : ".podlab/state");

/** Returns how a user runs a command of podlab: `npm start -- overlay` in a clone, `npx podlab start overlay` elsewhere. */
export function commandLine(command: string, ...args: readonly string[]): string {
  if (!isClone(HOME)) return ["npx podlab", command, ...args].join(" ");
  const npm = command === "start" || command === "stop" ? `npm ${command}` : `npm run ${command}`;
  return [npm, ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
}
