/** The nodes' image is named by what goes into it: labs and clones share it, and an unchanged one is never rebuilt. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** What Docker builds it from. */
export const NODE_IMAGE_FILES = join(import.meta.dirname, "../../lab-scripts/node");

/** `podlab/node:<digest of lab-scripts/node and of the base's name>` */
export function nodeImageName(base: string): string {
  const digest = createHash("sha256").update(base);
  for (const file of files(NODE_IMAGE_FILES)) {
    digest.update(`${relative(NODE_IMAGE_FILES, file)}\0${statSync(file).mode & 0o111}\0`).update(readFileSync(file));
  }
  return `podlab/node:${digest.digest("hex").slice(0, 12)}`;
}

function files(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(({ parentPath }) => !/\/(__pycache__|tests?)(\/|$)/.test(parentPath))
    .filter((entry) => entry.isFile() && !/\.(ts|md|pyc)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
