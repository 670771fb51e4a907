// Whether node_modules is what package-lock.json asks for. Every start asks: so two small files are read, no more.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const stampFile = (root) => join(root, "node_modules", ".podlab-lock");
const platform = `${process.platform}-${process.arch}`;

/**
 * True if node_modules matches the lock file: podlab's stamp says so, or npm's own record of what it installed does
 * (a user's `npm ci` or `npm install` leaves no stamp, and is as good); then the stamp is written for the next time.
 */
export function dependenciesAreCurrent(root) {
  const lock = read(join(root, "package-lock.json"));
  if (lock === undefined) return false;
  const wanted = stampFor(lock);
  const stamp = read(stampFile(root));
  if (stamp === wanted) return true;
  if (stamp !== undefined && !stamp.endsWith(platform)) return false; // installed for another platform
  const installed = read(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined || !satisfies(JSON.parse(installed), JSON.parse(lock))) return false;
  writeStamp(root);
  return true;
}

/** Remembers that node_modules is what package-lock.json asks for. */
export function writeStamp(root) {
  try {
    writeFileSync(stampFile(root), stampFor(readFileSync(join(root, "package-lock.json"), "utf8")));
  } catch (error) {
    if (error.code !== "EACCES" && error.code !== "EROFS") throw error; // a read-only checkout works, a little slower
  }
}

/**
 * Whether npm's record of an installation (node_modules/.package-lock.json, which npm writes last) has every package
 * of the lock file in the locked version. Optional ones may be missing: most are for other platforms.
 */
export function satisfies(installed, lock) {
  return Object.entries(lock.packages ?? {}).every(([path, wanted]) => {
    const found = installed.packages?.[path];
    if (path === "" || wanted.link) return true;
    if (!found) return Boolean(wanted.optional || wanted.devOptional);
    return found.version === wanted.version && (found.integrity ?? "") === (wanted.integrity ?? "");
  });
}

function stampFor(lock) {
  return `${createHash("sha256").update(lock).digest("hex")} ${platform}`;
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}
