/** Where things are in the project. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HOME, IS_CLONE, isClone, OWN, ROOT, stateIn } from "../../infra/home.ts";

export { HOME, IS_CLONE, isClone, OWN, ROOT };
export const STACKS = join(ROOT, "infra/stacks");

/** Pulumi's project name, as in Pulumi.yaml. */
export const PROJECT = "podlab";

export const stackFile = (stack: string): string => join(STACKS, `Pulumi.${stack}.yaml`);

/** Whether it can be a stack's name; no path of the project is made of anything else. */
export const isStackName = (text: string): boolean => /^[a-z][a-z0-9-]*$/.test(text);

/** The stacks that the project comes with, and those the user added. */
export function stackNames(): string[] {
  return readdirSync(STACKS)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/** Pulumi's state, and podlab's own locks beside it. */
export const STATE = stateIn(HOME);

/** podlab's own lock of a stack. */
export const ownLock = (stack: string): string => join(STATE, "podlab", stack);

/** Each lab has a folder of its own in it. */
export const REPORTS = join(HOME, isClone(HOME) ? "report" : ".podlab/report");

/** Returns podlab's own version, from its package.json. */
export function podlabVersion(): string {
  const file = join(ROOT, IS_CLONE ? "package.json" : "../package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
