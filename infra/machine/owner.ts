/**
 * Who made a lab: a clone of podlab, for one of its stacks. Pulumi's state of the lab is that clone's: another one would only half
 * take the lab over, and must not remove it unasked.
 */

import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { jsonIn } from "../files.ts";
import { commandLine, HOME, stateIn } from "../home.ts";
import { UserError } from "../spec/problem.ts";
import type { Inventory, Labelled } from "./inventory.ts";

export interface Maker {
  readonly lab: string;
  /** The clone's id. */
  readonly clone: string;
  readonly stack: string;
}

/** What a clone knows of itself. */
interface Clone {
  /** `0f3a…@laptop:/home/me/podlab`: with the machine and the folder that it was in when it made its first lab. */
  readonly id: string;
  /** The folder that it was in when it was last used. */
  readonly folder: string;
}

/** Beside Pulumi's state: whoever removes that one has given up its labs. */
const fileIn = (root: string): string => join(stateIn(root), "owner.json");

/** Returns this clone's id. A clone that was moved keeps it; one that was copied gets another. */
export function cloneId(root = HOME): string {
  const known = read(root);
  if (known?.folder === root) return known.id;
  const isCopy = known !== undefined && read(known.folder)?.id === known.id;
  const id = known && !isCopy ? known.id : `${randomBytes(8).toString("hex")}@${hostname()}:${root}`;
  mkdirSync(dirname(fileIn(root)), { recursive: true });
  try {
    writeFileSync(fileIn(root), JSON.stringify({ id, folder: root } satisfies Clone), { flag: known ? "w" : "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was quicker
  }
  return read(root)!.id;
}

const read = (root: string): Clone | undefined => jsonIn<Clone>(fileIn(root));

type Made = Pick<Labelled, "lab" | "owner" | "stack">;

export const isMadeBy = ({ clone, stack }: Omit<Maker, "lab">, one: Made): boolean =>
  one.owner === clone && one.stack === stack;

/** Returns who made a thing that is not the stack's, and how to remove the lab that it is of. @param clone this one's id */
export function whose({ lab, owner, stack }: Made, clone: string, root = HOME): string {
  if (owner === "") return `an earlier version of podlab made it; ${commandLine("stop", lab)} removes it`;
  if (owner === clone) return `stack ${stack} of this clone made it; ${commandLine("stop", stack)} removes it`;
  const [, host, folder = ""] = /^[^@]*@([^:]*):(.*)$/s.exec(owner) ?? [];
  const remove = `${commandLine("stop", lab, "--foreign")} removes it`;
  if (host === hostname() && folder === root) return `this clone made it before its .state was lost; ${remove}`;
  if (host === hostname() && read(folder)?.id === owner) {
    return `the clone of podlab in ${folder} made it; ${commandLine("stop", stack)} there removes it`;
  }
  const which = host === undefined ? "another clone of podlab" : `a clone of podlab that was in ${folder} on ${host}`;
  return `${which} made it; remove it there, or, where that clone is gone, ${remove}`;
}

/**
 * What nobody's clone has made, in a lab that is this stack's, was made by hand: it is left over (leftovers.ts).
 * @throws ForeignLab, with the way out, when the lab on this machine is another stack's, another clone's or of an earlier version
 */
export function refuseForeignLab(maker: Maker, { containers, networks }: Inventory): void {
  const all = [...containers, ...networks].filter(({ lab }) => lab === maker.lab);
  const isOurs = all.some((one) => isMadeBy(maker, one));
  const foreign = all.filter((one) => !isMadeBy(maker, one) && !(isOurs && one.owner === ""));
  if (foreign.length === 0) return;
  const names = foreign.map(({ name }) => name).join(", ");
  const made = foreign.find(({ owner }) => owner !== "") ?? foreign[0]!;
  throw new ForeignLab(
    `lab ${maker.lab} is on this machine already (${names}): ${whose(made, maker.clone)}. Or give this one another ` +
      "name (podlab:lab, name)",
  );
}

export class ForeignLab extends UserError {}
