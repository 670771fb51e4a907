/** What must hold before a version is published. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../../infra/home.ts";
import { EXIT, Failure } from "../exit.ts";
import { podlabVersion } from "../lab/project.ts";
import { INSTALL, pack } from "./build.ts";

/** Files that other programs rely on: they change only with the version. */
const CONTRACTS = ["lab", "component", "report"].map((name) => `docs/${name}.schema.json`);

/**
 * Checks the change log, the contracts, and the package as a user installs it. The links of the documents and whether the schemas
 * are current, `npm test` checks.
 * @throws Failure (exit code 1) with all that is wrong
 */
export async function releaseCheck(): Promise<void> {
  const tell = (line: string) => void process.stderr.write(`${line}\n`);
  const version = podlabVersion();
  const problems: string[] = [];
  if (!readFileSync(join(ROOT, "CHANGELOG.md"), "utf8").includes(`## ${version}`)) {
    problems.push(`CHANGELOG.md has no section ## ${version}`);
  }
  problems.push(...(await changedContracts(version)));
  tell("building and packing …");
  const folder = mkdtempSync(join(tmpdir(), "podlab-release-"));
  try {
    const { filename, size, unpackedSize } = await pack(folder);
    tell(`${filename}: ${Math.round(size / 1000)} kB, unpacked ${Math.round(unpackedSize / 1000)} kB`);
    problems.push(...(await installed(folder, filename, version)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (problems.length > 0)
    throw new Failure(EXIT.notAsExpected, `not ready to be published:\n  ${problems.join("\n  ")}`);
  process.stdout.write("ready to be published\n");
}

/** Returns the contracts that have changed since the version that was published last, where the version has not. */
async function changedContracts(version: string): Promise<string[]> {
  const { stdout: tag } = await execa("git", ["describe", "--tags", "--abbrev=0", "--match", "v*"], {
    cwd: ROOT,
    reject: false,
  });
  if (tag !== `v${version}`) return []; // nothing was published yet, or the version was raised
  const { stdout } = await execa("git", ["diff", "--name-only", tag, "--", ...CONTRACTS], { cwd: ROOT });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((file) => `${file} has changed since ${tag}; raise the version`);
}

/** Installs the archive into an empty folder, asks the command for its version, and compiles a program that uses its types. */
async function installed(folder: string, filename: string, version: string): Promise<string[]> {
  const run = (file: string, ...args: string[]) => execa(file, args, { cwd: folder, reject: false, all: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const install = await run("npm", "install", ...INSTALL, `./${filename}`);
  if (install.exitCode !== 0) return [`npm install of the archive failed:\n${install.all}`];
  const problems: string[] = [];
  const asked = await run("npx", "--no-install", "podlab", "--version");
  if (asked.stdout.trim() !== version) problems.push(`npx podlab --version says ${asked.all}`);
  copyFileSync(join(ROOT, "examples/from-code/index.ts"), join(folder, "index.ts"));
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const strict = ["--strict", "--noEmit", "--skipLibCheck", "--module", "nodenext", "--target", "es2024"];
  const types = await run(tsc, ...strict, "index.ts");
  if (types.exitCode !== 0)
    problems.push(`examples/from-code does not compile with the package's types:\n${types.all}`);
  return problems;
}
