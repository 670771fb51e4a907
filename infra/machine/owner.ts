/**
 * Which clone of podlab made a lab. Its state is the clone's: another clone would only half take the lab over, and must not remove
 * what it can't know either.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Inventory } from "./inventory.ts";

const FILE = join(import.meta.dirname, "../../.podlab/owner");

/** Returns this clone's id, which it keeps in `.podlab/owner`. */
export function ownerId(file = FILE): string {
  const known = read(file);
  if (known !== undefined) return known;
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, `${randomBytes(8).toString("hex")}\n`, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was quicker
  }
  return read(file)!;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * What nobody's clone has made, in a lab that is this clone's, was made by hand: it is left over (leftovers.ts).
 * @throws Error, with the way out, when the lab on this machine is another clone's or of an earlier version
 */
export function refuseForeignLab(lab: string, owner: string, { containers, networks }: Inventory): void {
  const all = [...containers, ...networks].filter((one) => one.lab === lab);
  const isOurs = all.some((one) => one.owner === owner);
  const foreign = all.filter((one) => one.owner !== owner && !(isOurs && one.owner === ""));
  if (foreign.length === 0) return;
  const names = foreign.map(({ name }) => name).join(", ");
  const why = foreign.some((one) => one.owner === "")
    ? "an earlier version of podlab made it"
    : "another clone of podlab made it, or this clone's .podlab was lost";
  throw new ForeignLab(
    `lab ${lab} is on this machine already (${names}): ${why}. Remove it with npm stop -- ${lab}, or give this one ` +
      "another name (podlab:lab, name)",
  );
}

export class ForeignLab extends Error {
  override name = "ForeignLab";
}
