/** A stack's config with some of its lab changed, as a file that Pulumi takes in place of the stack's own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { LabSpec } from "../../infra/spec/spec.ts";
import { stackFile } from "../lab/project.ts";

const KEY = "podlab:lab";

export interface StandIn {
  readonly file: string;
  remove(): void;
}

/** Everything else of the file, such as Pulumi's salt, stays as it is. */
export function standIn(stack: string, change: (written: LabSpec) => LabSpec): StandIn {
  const written = parse(readFileSync(stackFile(stack), "utf8")) as { config: { [KEY]: LabSpec } };
  const changed = { ...written, config: { ...written.config, [KEY]: change(written.config[KEY]) } };
  const folder = mkdtempSync(join(tmpdir(), `podlab-${stack}-`));
  const file = join(folder, `Pulumi.${stack}.yaml`);
  writeFileSync(file, stringify(changed));
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}
