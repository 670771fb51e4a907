import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

/** Removes a control group with those inside it. Returns false while a process is in one of them. */
export function removeGroup(folder: string): boolean {
  try {
    const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of inner) removeGroup(join(folder, name));
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EBUSY";
  }
}
