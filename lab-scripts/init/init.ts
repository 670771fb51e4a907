/** The files that a user begins with: a lab, and a CI job that builds and verifies it. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export const CI_FILES = {
  github: ".github/workflows/podlab.yml",
  gitlab: ".gitlab-ci.yml",
} as const;
export type Ci = keyof typeof CI_FILES;

/** Returns the text of a template with its names filled in. */
export async function template(name: "lab.yaml" | `${Ci}.yml`, values: Record<string, string>): Promise<string> {
  const text = await readFile(join(import.meta.dirname, name), "utf8");
  return text.replace(/\b(NAME|FILE|VERSION)\b/g, (word) => values[word] ?? word);
}

/** Writes a file, and its folder where there is none. @throws Error (EEXIST) where there is such a file */
export async function writeNew(folder: string, file: string, text: string): Promise<void> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: "wx" });
}
