/** The host of Pulumi programs in YAML. Pulumi's own releases have it; where Pulumi was built, it is built, too. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../../lab-scripts/lab/project.ts";
import { cacheDirectory, keyOfSources } from "../../lab-scripts/setup/cache.ts";
import { findCommand } from "../../lab-scripts/setup/command.ts";

const NAME = "pulumi-language-yaml";
const PACKAGE = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml";
const SOURCES = "test/lab/language-yaml";

/** Returns the folder with it, for PATH. Building it takes two minutes of a processor, once. */
export async function languageYaml(): Promise<string> {
  const found = findCommand(NAME, process.env);
  if (found) return dirname(found);
  const folder = join(cacheDirectory(), `language-yaml-${keyOfSources(ROOT, [SOURCES], () => true)}`);
  const file = join(folder, NAME);
  if (existsSync(file)) return folder;
  process.stderr.write(`building ${NAME} from Go modules …\n`);
  mkdirSync(folder, { recursive: true });
  const env = { PATH: [process.env.PATH, "/usr/local/go/bin"].join(delimiter), CGO_ENABLED: "0" };
  await execa("go", ["build", "-ldflags=-s -w", "-o", `${file}.new`, PACKAGE], { cwd: join(ROOT, SOURCES), env });
  renameSync(`${file}.new`, file);
  return folder;
}
