import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isAlive } from "../lock.mjs";
import { nodePackage, ownNodeDirectory } from "./node.mjs";
import { npm } from "./npm.mjs";

/**
 * Installs a Node from npm into the project. Built beside its place and renamed into it, so it is there whole or not
 * at all; two that do so at once both work, and the second's copy is thrown away.
 * @returns the path of the installed node
 */
export async function installNode(root) {
  const wanted = nodePackage();
  if (!wanted) {
    throw new Error(
      `this Node is ${process.versions.node}; podlab needs 22.18 or newer, and npm has none for ` +
        `${process.platform}-${process.arch}. Install Node 24 from https://nodejs.org/ and run the command again.`,
    );
  }
  const target = ownNodeDirectory(root, wanted);
  const parent = dirname(target);
  const place = join(parent, `.installing-${process.pid}`);
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  try {
    writeFileSync(join(place, "package.json"), JSON.stringify({ private: true }));
    const what = `Node ${wanted.version} from npm (this one is ${process.versions.node}; podlab needs 22.18 or newer)`;
    const packageAt = `${wanted.name}@${wanted.version}`;
    await npm(["install", "--no-save", "--no-package-lock", "--ignore-scripts", packageAt], { cwd: place, what });
    moveIfAbsent(join(place, "node_modules", wanted.name), target);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return join(target, "bin", "node");
}

/** Directories left by an installation that was killed. */
function removeAbandoned(parent) {
  for (const entry of readdirSync(parent)) {
    const pid = Number(/^\.installing-(\d+)$/.exec(entry)?.[1]);
    if (pid && !isAlive(pid)) rmSync(join(parent, entry), { recursive: true, force: true });
  }
}

function moveIfAbsent(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  }
}
