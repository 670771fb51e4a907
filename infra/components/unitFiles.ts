/**
 * What the Commands of units and links read beside their inputs, in files of this run: the units' texts, and notes of what is
 * done already. Not in Pulumi's state: that is written anew, whole, before and after each step, and with the texts in it
 * a lab of 16 hosts would spend more on its state than on its containers.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { fingerprint } from "../fingerprint.ts";
import { shortId } from "../machine/docker.ts";
import type { NodePlan, SegmentPlan, UnitPlan } from "../plan/plan.ts";
import { unitDigest, unitRunner } from "./scripts.ts";

const FOLDER = join(import.meta.dirname, "../../.podlab/units");
/** In a lab's folder: which texts are there. */
const TEXTS = "texts.json";
const LINKS = join(import.meta.dirname, "../../.podlab/links");

export class UnitFiles {
  readonly #folder: string;
  /** By `node/unit`, which text is there from an earlier run: to write some hundred files takes a tenth of a second. */
  readonly #before: ReadonlyMap<string, string>;
  readonly #now = new Map<string, string>();

  constructor(lab: string) {
    this.#folder = join(FOLDER, lab);
    this.#before = textsIn(join(this.#folder, TEXTS));
    if (!pulumi.runtime.isDryRun()) this.#forgetNotes();
  }

  /**
   * Writes what `sh -s` reads in the node to apply the unit, unless that is there.
   * @returns where the unit's files are, without their ends `.text` and `.note`, as seen from where Pulumi runs Commands
   */
  write(node: NodePlan, unit: UnitPlan): string {
    if (!pulumi.runtime.isDryRun()) this.#writeText(node, unit);
    return relative(process.cwd(), this.#path(node, unit));
  }

  /** Once all are written: notes which, and drops those that the lab has no more. */
  written(): void {
    if (pulumi.runtime.isDryRun()) return;
    const gone = [...this.#before.keys()].filter((name) => !this.#now.has(name));
    for (const name of gone) rmSync(join(this.#folder, `${name}.text`), { force: true });
    writeFileSync(join(this.#folder, TEXTS), JSON.stringify([...this.#now]));
  }

  /** Notes that the unit was applied: in which container, at which generation, which text. */
  writeNote(node: NodePlan, unit: UnitPlan, id: string, generation: number): void {
    this.#put(node, unit, "note", `${shortId(id)} ${generation} ${unitDigest(unit)}\n`);
  }

  /** Notes that the link was made: between which container and which network. Its Command finds it by their names. */
  noteLink(node: NodePlan, segment: SegmentPlan, container: string, network: string): void {
    mkdirSync(LINKS, { recursive: true });
    const ends = `${shortId(container)} ${shortId(network)}\n`;
    writeFileSync(join(LINKS, `${node.container}-on-${segment.network}`), ends);
  }

  #writeText(node: NodePlan, unit: UnitPlan): void {
    const name = `${node.name}/${unit.name}`;
    const text = unitRunner(unit);
    const which = fingerprint(text);
    this.#now.set(name, which);
    const there = this.#before.get(name) === which && existsSync(`${this.#path(node, unit)}.text`);
    if (!there) this.#put(node, unit, "text", text);
  }

  /** Of other runs. Which texts are there is in doubt, too, until it is noted again: a run that is killed has written some. */
  #forgetNotes(): void {
    rmSync(join(this.#folder, TEXTS), { force: true });
    const files = existsSync(this.#folder) ? readdirSync(this.#folder, { recursive: true, encoding: "utf8" }) : [];
    for (const file of files) if (file.endsWith(".note")) rmSync(join(this.#folder, file), { force: true });
  }

  #put(node: NodePlan, unit: UnitPlan, what: string, content: string): void {
    mkdirSync(join(this.#folder, node.name), { recursive: true });
    writeFileSync(`${this.#path(node, unit)}.${what}`, content);
  }

  #path(node: NodePlan, unit: UnitPlan): string {
    return join(this.#folder, node.name, unit.name);
  }
}

/** None where there is no such note, or none that can be read. */
function textsIn(file: string): Map<string, string> {
  try {
    return new Map(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return new Map();
  }
}
