/** Where things are in the project. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
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

/** podlab's own lock of a stack. */
export const ownLock = (stack: string): string => join(ROOT, ".state/podlab", stack);

/** Each lab has a folder of its own in it. */
export const REPORTS = join(ROOT, "report");
