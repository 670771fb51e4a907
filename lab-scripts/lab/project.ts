/** Where things are in the project. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
export const STACKS = join(ROOT, "infra/stacks");

/** Pulumi's project name, as in Pulumi.yaml; part of the paths in its state. */
const PROJECT = "podlab";
const ORGANIZATION = "organization";
const STATE = join(ROOT, ".state/.pulumi");

export const stackFile = (stack: string): string => join(STACKS, `Pulumi.${stack}.yaml`);

/** Whether it can be a stack's name; no path of the project is made of anything else. */
export const isStackName = (text: string): boolean => /^[a-z][a-z0-9-]*$/.test(text);

/** The stacks that the project comes with, and those the user added. */
export function stackNames(): string[] {
  return readdirSync(STACKS)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/** A stack's name in Pulumi's state: a file backend has one organization. */
export const qualifiedName = (stack: string): string => `${ORGANIZATION}/${PROJECT}/${stack}`;

/** Whether Pulumi knows of the stack in this clone. */
export const hasState = (stack: string): boolean => existsSync(stateFile(stack));

export const stateFile = (stack: string): string => join(STATE, "stacks", PROJECT, `${stack}.json`);

/** Of its earlier runs. */
export const stateFolders = (stack: string): string[] =>
  ["history", "backups"].map((kind) => join(STATE, kind, PROJECT, stack));

/** Where Pulumi's file backend notes who is changing a stack. */
export const lockDirectory = (stack: string): string => join(STATE, "locks", ORGANIZATION, PROJECT, stack);

/** podlab's own lock of a stack. */
export const ownLock = (stack: string): string => join(ROOT, ".state/podlab", stack);

/** Each lab has a folder of its own in it. */
export const REPORTS = join(ROOT, "report");
