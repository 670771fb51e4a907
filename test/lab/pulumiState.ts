/** Where Pulumi keeps its state of a stack (Pulumi.yaml, backend): podlab never reads or writes it, but its tests damage it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { PROJECT, ROOT } from "../../lab-scripts/lab/project.ts";

export const pulumiState = (stack: string): string => join(ROOT, ".state/.pulumi/stacks", PROJECT, `${stack}.json`);

/** Removes the state of a stack, as if there had never been one. */
export function dropState(stack: string): void {
  for (const end of ["", ".bak", ".attrs"]) rmSync(pulumiState(stack) + end, { force: true });
}
