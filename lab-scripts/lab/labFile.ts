/** A lab as a user names it: one that podlab comes with, a file, or an address on the web. */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline/promises";
import { EXIT, Failure } from "../exit.ts";
import { isStackName, stackFile, stackNames } from "./project.ts";

export interface LabFile {
  /** Pulumi's stack; the lab is named after it unless the file says otherwise. */
  readonly stack: string;
  /** The file or address, for messages. */
  readonly place: string;
  readonly text: string;
}

const FETCH_LIMIT_MS = 20_000;
const MOST_BYTES = 1_000_000;

/**
 * Returns the lab's file.
 * @param name a stack's name; a path that ends in .yaml or .yml; an https address of such a file
 * @throws Failure (exit code 3) when there is no such thing
 */
export async function findLab(name: string): Promise<LabFile> {
  if (/^https?:\/\//.test(name)) return fetched(new URL(name));
  return isPath(name) ? { stack: stackOf(name), place: name, text: fileText(name) } : namedLab(name);
}

/** Returns the file of a lab that podlab comes with. @throws Failure (exit code 3) when there is none of that name */
export function namedLab(stack: string): LabFile {
  const file = stackFile(stack);
  if (!isStackName(stack) || !existsSync(file)) {
    throw new Failure(
      EXIT.badInput,
      `there is no lab ${JSON.stringify(stack)}; choose one of ${stackNames().join(", ")}, or name a file (./lab.yaml)`,
    );
  }
  return { stack, place: `infra/stacks/Pulumi.${stack}.yaml`, text: readFileSync(file, "utf8") };
}

/** Returns the stack that a user means by a name, a file or an address; the file need not be there any more. */
export const stackNamed = (name: string): string =>
  isPath(name) || name.includes("://") ? stackOf(name.split(/[?#]/)[0]!) : name;

/**
 * Shows a lab from the web and asks whether to run it: its images and commands run with the rights of root.
 * @param yes the answer, where it is known already
 * @throws Failure when the answer is no (exit code 2), or there is no terminal to ask at (exit code 3)
 */
export async function agreeToRun({ place, text }: LabFile, yes: boolean): Promise<void> {
  if (!/^https?:/.test(place)) return;
  process.stderr.write(`${text.trimEnd()}\n\n`);
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new Failure(EXIT.badInput, `${place} was not run: read the lab above, then run it with --yes`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("Its containers run with the rights of root. Run this lab? [y/N] ");
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure(EXIT.notProved, "nothing was done");
}

const isPath = (name: string): boolean => /\.ya?ml$/.test(name);

/** `labs/Pulumi.my-lab.yaml` and `my-lab.yaml` are both my-lab. */
function stackOf(path: string): string {
  const stack = basename(path)
    .replace(/\.ya?ml$/, "")
    .replace(/^Pulumi\./, "");
  if (isStackName(stack)) return stack;
  throw new Failure(
    EXIT.badInput,
    `${path} names no lab: the file's name is the lab's; use lower-case letters, digits and -, a letter first (my-lab.yaml)`,
  );
}

function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Failure(EXIT.badInput, `${path} can't be read: ${(error as Error).message}`);
  }
}

async function fetched(url: URL): Promise<LabFile> {
  const place = url.href;
  const stack = stackOf(url.pathname);
  if (url.protocol !== "https:" && url.hostname !== "127.0.0.1" && url.hostname !== "localhost") {
    throw new Failure(EXIT.badInput, `${place} can be changed on its way; use https`);
  }
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) });
    if (!response.ok) throw new Error(`the server answers ${response.status} ${response.statusText}`);
    const text = await response.text();
    if (text.length > MOST_BYTES) throw new Error(`is larger than ${MOST_BYTES} bytes, so it is no lab`);
    return { stack, place, text };
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Failure(EXIT.badInput, `${place} can't be read: ${cause instanceof Error ? cause.message : message}`);
  }
}
