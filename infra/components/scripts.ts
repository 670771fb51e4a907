/** Reads the scripts of lab-scripts/host and puts units together from them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fingerprint } from "../fingerprint.ts";
import type { LabPlan, UnitPlan } from "../plan/plan.ts";
import { shellQuote } from "../plan/shellQuote.ts";

const HOST_SCRIPTS = join(import.meta.dirname, "../../lab-scripts/host");
const DOOR_SCRIPTS = join(import.meta.dirname, "../../lab-scripts/door");
const read = new Map<string, string>();

/** The text of lab-scripts/host/NAME.sh. */
export function hostScript(name: string): string {
  let text = read.get(name);
  if (text === undefined) {
    text = readFileSync(join(HOST_SCRIPTS, `${name}.sh`), "utf8");
    read.set(name, text);
  }
  return text;
}

/** The command that runs lab-scripts/door/NAME.sh, in the shell that Pulumi starts for each Command anyway. */
export function doorScript(name: string): string {
  return `. ${door(`${name}.sh`)}`;
}

/** The same of NAME.mjs. */
export function doorProgram(name: string): string {
  return `node ${door(`${name}.mjs`)}`;
}

/** As it is found from where Pulumi runs Commands: infra. */
function door(file: string): string {
  return relative(process.cwd(), join(DOOR_SCRIPTS, file));
}

/** No line of a unit can be this one: variables are quoted in one line each, and the scripts are ours. */
const END = "PODLAB_UNIT_ENDS_HERE";

/** The unit as it is kept in its node: variables, then its kind's script. Usable by hand: `sh UNIT check`. */
export function unitText(unit: UnitPlan): string {
  const variables = Object.entries(unit.spec).map(([key, value]) => `${key}=${shellQuote(value)}\n`);
  return [
    `# podlab: unit ${unit.name}, kind ${unit.kind}\n`,
    ...variables,
    hostScript("lib"),
    hostScript(unit.kind),
    hostScript("main"),
  ].join("");
}

const digests = new WeakMap<UnitPlan, string>();

/** Tells one text of a unit from another. */
export function unitDigest(unit: UnitPlan): string {
  const digest = digests.get(unit) ?? digestOf(createHash("sha256").update(unitText(unit)).digest("hex"));
  digests.set(unit, digest);
  return digest;
}

/** What is kept of the SHA-256 of a text. */
export const digestOf = (sha256: string): string => sha256.slice(0, 12);

/** What `sh -s -- apply NAME ORDER GENERATION` reads in a node to apply the unit (lab-scripts/host/run.sh). */
export function unitRunner(unit: UnitPlan): string {
  const keep = `keep_unit() {\n  cat << '${END}'\n${unitText(unit)}${END}\n}\n`;
  return `${hostScript("run")}\n${keep}\nset -eu\nrun_unit "$@"\n`;
}

/** Tells a lab that is made from one plan from what any other plan, or other scripts, would make. */
export function planDigest(plan: LabPlan): string {
  const digest = planDigests.get(plan) ?? fingerprint([plan, plan.nodes.flatMap(({ units }) => units.map(unitDigest))]);
  planDigests.set(plan, digest);
  return digest;
}

const planDigests = new WeakMap<LabPlan, string>();
