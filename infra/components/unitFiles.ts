/**
 * What the Commands of units read beside their inputs, in files of this run: the units' texts, and notes of those that are
 * applied already. Not in Pulumi's state: that is written anew, whole, before and after each step, and with the texts in it
 * a lab of 16 hosts would spend more on its state than on its containers.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { NodePlan, UnitPlan } from "../model/plan.ts";
import { unitRunner, unitText } from "./scripts.ts";

const FOLDER = join(import.meta.dirname, "../../.podlab/units");

export class UnitFiles {
  readonly #folder: string;

  constructor(lab: string) {
    this.#folder = join(FOLDER, lab);
    if (!pulumi.runtime.isDryRun()) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What `sh -s` reads in the node to apply the unit. The path is as seen from where Pulumi runs Commands. */
  text(node: NodePlan, unit: UnitPlan): string {
    return this.#path(node, unit, "text", unitRunner(unit));
  }

  /** Where a note is, if there is one, that the unit was applied. */
  note(node: NodePlan, unit: UnitPlan): string {
    return this.#path(node, unit, "note");
  }

  /** Notes that the unit was applied: in which container, at which generation, which text. */
  writeNote(node: NodePlan, unit: UnitPlan, id: string, generation: number): void {
    this.#path(node, unit, "note", `${id} ${generation} ${unitDigest(unit)}\n`);
  }

  #path(node: NodePlan, unit: UnitPlan, what: string, content?: string): string {
    const file = join(this.#folder, node.name, `${unit.name}.${what}`);
    if (content !== undefined && !pulumi.runtime.isDryRun()) {
      mkdirSync(join(this.#folder, node.name), { recursive: true });
      writeFileSync(file, content);
    }
    return relative(process.cwd(), file);
  }
}

/** Tells one text of a unit from another. */
export function unitDigest(unit: UnitPlan): string {
  return createHash("sha256").update(unitText(unit)).digest("hex").slice(0, 12);
}
