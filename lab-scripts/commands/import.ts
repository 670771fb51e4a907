import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { commandLine } from "../../infra/home.ts";
import { EXIT, Failure } from "../exit.ts";
import { importLab } from "../import/lab.ts";
import { stackNamed } from "../lab/labFile.ts";
import { writeNew } from "./init.ts";

const DEFAULT_NAME = "imported";

/**
 * Makes a lab's file of Kubernetes manifests, and says on standard error what it left out or changed.
 * @param files `-` is standard input
 * @throws Failure or SpecError (exit code 3): a file that can't be read or is no YAML, a lab that podlab would refuse, an --out that is there already
 */
export async function importFiles(files: readonly string[], { out }: { readonly out?: string }): Promise<void> {
  if (out !== undefined && !/\.ya?ml$/.test(out)) {
    throw new Failure(EXIT.badInput, `--out ${out} is no lab's file; end its name in .yaml`);
  }
  const stack = out === undefined ? DEFAULT_NAME : stackNamed(out);
  const { text, notes } = importLab(await Promise.all(files.map(read)), stack);
  if (out !== undefined) await write(out, text);
  process.stderr.write(notes.map((line) => `${line}\n`).join(""));
  process.stdout.write(out === undefined ? text : `wrote ${out}\nnext: ${commandLine("start", out)}\n`);
}

async function read(file: string): Promise<{ place: string; text: string }> {
  try {
    if (file === "-") return { place: "standard input", text: await textOf(process.stdin) };
    return { place: file, text: await readFile(file, "utf8") };
  } catch (error) {
    throw new Failure(EXIT.badInput, `${file} can't be read: ${(error as Error).message}`);
  }
}

async function write(out: string, text: string): Promise<void> {
  try {
    await writeNew("", out, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "is there already; nothing was written" : `can't be written: ${message}`;
    throw new Failure(EXIT.badInput, `${out} ${why}`);
  }
}
