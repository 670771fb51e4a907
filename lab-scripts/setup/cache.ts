import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, relative, sep } from "node:path";
import { textIn } from "../../infra/files.ts";
import { sha256 } from "../../infra/fingerprint.ts";
import { SetupError } from "./step.ts";

/**
 * Where podlab keeps what it made or downloaded, shared by all clones of a user: `$XDG_CACHE_HOME/podlab`, else
 * `~/.cache/podlab`. A relative XDG_CACHE_HOME is to be ignored (XDG Base Directory Specification). Each thing lies under a key
 * of all that went into it, so clones at different commits don't meet.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const home = env.XDG_CACHE_HOME;
  return join(home && isAbsolute(home) ? home : join(homedir(), ".cache"), "podlab");
}

/** What podlab puts into its cache; nothing else in there is podlab's. */
const ENTRIES =
  /^(CACHEDIR\.TAG|log|locks|engines|own-pulumi\.json|engine-started\.json|(pulumi|plugins|test-tools)-[\w.-]+)$/;

/** Backups leave out a folder with such a file (Cache Directory Tagging Specification, https://bford.info/cachedir/). */
const TAG = "CACHEDIR.TAG";
const TAG_CONTENT =
  "Signature: 8a477f597d28d172789f06886806bc55\n# The cache of podlab: npm run clean removes what podlab has put in here.\n";

/** Makes the cache, marked as podlab's. @throws SetupError where it would be the project's folder, or around it */
export function makeCache(cache: string, root: string): void {
  refuseProject(cache, root);
  mkdirSync(join(cache, "log"), { recursive: true });
  if (!existsSync(join(cache, TAG))) writeFileSync(join(cache, TAG), TAG_CONTENT);
}

/**
 * Removes what podlab has put into its cache, and the folder where nothing else is in it.
 * @param kept names of what stays
 * @returns what was done, for the user
 * @throws SetupError where it is the project's folder, or around it
 */
export function removeCache(cache: string, root: string, kept: readonly string[]): string {
  refuseProject(cache, root);
  if (!existsSync(cache)) return `${cache} is not there`;
  if (textIn(join(cache, TAG)) !== TAG_CONTENT) return `${cache} left alone: it has no ${TAG} of podlab`;
  const others = readdirSync(cache).filter((name) => !ENTRIES.test(name));
  const all = readdirSync(cache).filter((name) => ENTRIES.test(name) && !kept.includes(name));
  // The mark goes last: what is cut off here can be gone on with.
  for (const name of all.filter((one) => one !== TAG)) rmSync(join(cache, name), { recursive: true, force: true });
  if (kept.length > 0) return `removed what podlab has put into ${cache}, but ${kept.join(", ")}`;
  rmSync(join(cache, TAG));
  if (others.length > 0) return `removed what podlab has put into ${cache}; left alone there: ${others.join(", ")}`;
  rmdirSync(realpathSync(cache));
  return `removed ${cache}`;
}

function refuseProject(cache: string, root: string): void {
  if (!existsSync(cache)) return;
  const [folder, project] = [realpathSync(cache), realpathSync(root)];
  if (project !== folder && !project.startsWith(`${folder}/`)) return;
  throw new SetupError(
    `podlab's cache would be ${cache}, and the project lies in it (${project}). Set XDG_CACHE_HOME to another folder.`,
  );
}

/** A short key of the given words. */
export const keyOf = (...words: readonly string[]): string =>
  sha256(words.map((word) => `${word.length}:${word}`).join("")).slice(0, 12);

/**
 * A short key of source files: of their names and contents, whatever the order in which the file system lists them.
 * @param root what names are relative to
 * @param paths files and directories below it; a directory counts with all that `counts` accepts in it
 */
export function keyOfSources(root: string, paths: readonly string[], counts: (name: string) => boolean): string {
  const words = paths
    .flatMap((path) => filesUnder(join(root, path)))
    .map((file) => ({ file, name: relative(root, file).split(sep).join("/") }))
    .filter(({ name }) => counts(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ file, name }) => [name, readFileSync(file, "utf8")]);
  return keyOf(...words);
}

function filesUnder(path: string): string[] {
  const there = statSync(path, { throwIfNoEntry: false });
  if (!there?.isDirectory()) return there ? [path] : [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
}
