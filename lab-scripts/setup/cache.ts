import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, sep } from "node:path";

/**
 * Where podlab keeps what it made or downloaded, shared by all clones of a user: `$XDG_CACHE_HOME/podlab`, else
 * `~/.cache/podlab` (XDG Base Directory Specification). Each thing lies under a key of all that went into it, so
 * clones at different commits don't meet.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "podlab");
}

/** A short key of the given words. */
export function keyOf(...words: readonly string[]): string {
  const hash = createHash("sha256");
  for (const word of words) hash.update(`${word.length}:${word}`);
  return hash.digest("hex").slice(0, 12);
}

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
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const inner = join(path, entry.name);
      return entry.isDirectory() ? filesUnder(inner) : [inner];
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") return [path];
    if (code === "ENOENT") return [];
    throw error;
  }
}
