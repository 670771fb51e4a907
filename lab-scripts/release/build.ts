/** Builds `dist`, which the npm package ships: infra and lab-scripts as JavaScript, with every file that they read. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../../infra/home.ts";
import { bundled } from "../page/clientScript.ts";

const DIST = join(ROOT, "dist");

/** Sources, which are compiled, and texts for developers. */
const LEFT_OUT = /\.(ts|md)$/;

/** Returns the folder. @throws Error with tsc's own words when a source does not compile */
export async function build(): Promise<string> {
  rmSync(DIST, { recursive: true, force: true });
  await execa("tsc", ["-p", "tsconfig.build.json"], { cwd: ROOT, preferLocal: true, stderr: "inherit" });
  const { stdout } = await execa("git", ["ls-files", "infra", "lab-scripts"], { cwd: ROOT });
  for (const file of stdout.split("\n").filter((name) => !LEFT_OUT.test(name))) {
    mkdirSync(dirname(join(DIST, file)), { recursive: true });
    cpSync(join(ROOT, file), join(DIST, file));
  }
  writeFileSync(join(DIST, "lab-scripts/page/client.js"), await bundled());
  // Bundled above, and only in a browser's world.
  rmSync(join(DIST, "lab-scripts/page/client"), { recursive: true });
  return DIST;
}

/** npm's options for a package that has no scripts to run. */
export const INSTALL = ["--ignore-scripts", "--no-audit", "--no-fund"];

export interface Packed {
  readonly filename: string;
  /** Bytes, packed and unpacked. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Builds `dist` and packs the npm package into a folder. @throws Error with tsc's or npm's own words */
export async function pack(folder: string): Promise<Packed> {
  await build();
  const { stdout } = await execa("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT });
  const [packed] = JSON.parse(stdout) as [Packed];
  return packed;
}
