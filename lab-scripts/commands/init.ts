import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { commandLine } from "../../infra/home.ts";
import { EXIT, Failure } from "../exit.ts";
import { schemaText } from "../init/schema.ts";
import { isStackName, podlabVersion } from "../lab/project.ts";

/** Of `.podlab` only the schema, which the lab's file names, goes into a repository. */
const SHARED = {
  ".podlab/lab.schema.json": schemaText,
  ".podlab/.gitignore": () => "*\n!.gitignore\n!lab.schema.json\n",
};

/**
 * Writes a lab's file into the current folder, and a CI job that builds and verifies the lab.
 * @param name the lab's; its file is NAME.yaml
 * @throws Failure (exit code 3) before anything is written when a file is there already
 */
export async function init(name: string, { ci }: { readonly ci?: Ci }): Promise<void> {
  if (!isStackName(name)) {
    throw new Failure(
      EXIT.badInput,
      `${JSON.stringify(name)} is no name; use lower-case letters, digits and -, a letter first`,
    );
  }
  const folder = process.cwd();
  const values = { NAME: name, FILE: `${name}.yaml`, VERSION: podlabVersion() };
  const files = [[`${name}.yaml`, await template("lab.yaml", values)]] as [string, string][];
  if (ci !== undefined) files.push([CI_FILES[ci], await template(`${ci}.yml`, values)]);
  for (const [file] of files) {
    if (existsSync(join(folder, file)))
      throw new Failure(EXIT.badInput, `${file} is there already; nothing was written`);
  }
  for (const [file, text] of files) await writeNew(folder, file, text);
  for (const [file, text] of Object.entries(SHARED)) {
    if (!existsSync(join(folder, file))) await writeNew(folder, file, text());
  }
  process.stdout.write(
    `${files.map(([file]) => `wrote ${file}\n`).join("")}next: ${commandLine("start", `${name}.yaml`)}\n`,
  );
}

const CI_FILES = {
  github: ".github/workflows/podlab.yml",
  gitlab: ".gitlab-ci.yml",
} as const;
type Ci = keyof typeof CI_FILES;

/** Returns the text of a template with its names filled in. */
export async function template(name: "lab.yaml" | `${Ci}.yml`, values: Record<string, string>): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../init", name), "utf8");
  return text.replace(/\b(NAME|FILE|VERSION)\b/g, (word) => values[word] ?? word);
}

/** Writes a file, and its folder where there is none. @throws Error (EEXIST) where there is such a file */
export async function writeNew(folder: string, file: string, text: string): Promise<void> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: "wx" });
}
