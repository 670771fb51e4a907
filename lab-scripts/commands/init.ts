import { existsSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../../infra/home.ts";
import { EXIT, Failure } from "../exit.ts";
import { CI_FILES, type Ci, template, writeNew } from "../init/init.ts";
import { schemaText } from "../init/schema.ts";
import { isStackName, podlabVersion } from "../lab/project.ts";

const SCHEMA = ".podlab/lab.schema.json";

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
  if (!existsSync(join(folder, SCHEMA))) await writeNew(folder, SCHEMA, schemaText());
  process.stdout.write(
    `${files.map(([file]) => `wrote ${file}\n`).join("")}next: ${commandLine("start", `${name}.yaml`)}\n`,
  );
}
