/** A lab as its file has it: the config of a Pulumi stack, or a file of the same kind that such a config names. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseDocument } from "yaml";

/** The key of the lab, and of the path of a file that has it (docs/configuration.md). */
const LAB = "podlab:lab";
const FILE = "podlab:file";

export class Unreadable extends Error {
  override name = "Unreadable";
}

/**
 * Returns the value of `podlab:lab`; undefined where there is none.
 * @param text of the file @param place what it is called in messages @param folder that paths in it begin at
 * @throws Unreadable
 */
export function writtenLab(text: string, place: string, folder: string): unknown {
  const { [LAB]: lab, [FILE]: file } = configIn(text, place);
  return lab === undefined && typeof file === "string" ? labInFile(file, folder) : asPulumiHasIt(lab);
}

/** Returns the lab in a file that a config names. @throws Unreadable */
export function labInFile(file: string, folder: string): unknown {
  const path = resolve(folder, file);
  const place = `podlab:file ${path}`;
  const { [LAB]: lab } = configIn(textOf(path, place), place);
  if (lab !== undefined) return asPulumiHasIt(lab);
  throw new Unreadable(`${place} has no config podlab:lab; write the lab there as in a stack's file`);
}

function textOf(path: string, place: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Unreadable(`${place} can't be read: ${(error as Error).message}`);
  }
}

function configIn(text: string, place: string): Readonly<Record<string, unknown>> {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    const told = document.errors.map(({ message }) => message.trimEnd()).join("\n");
    throw new Unreadable(`${place} is no YAML: ${told}`);
  }
  return document.toJS()?.config ?? {};
}

/** With the keys of every object in order: the plan, which the router keeps a record of, is then the very same. */
function asPulumiHasIt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asPulumiHasIt);
  if (typeof value !== "object" || value === null) return value;
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, asPulumiHasIt(inner)]));
}
