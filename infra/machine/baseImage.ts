// The image that hosts, router and internet are built from: Debian's own from a registry, or, where none can be
// reached, one of the same Debian that set-up makes with mmdebstrap (setup/steps/baseImage.ts).
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { sha256 } from "../fingerprint.ts";
import { Docker, unlessGone } from "./docker.ts";

/**
 * debian:trixie-20260918-slim for all its architectures, by the digest that Docker's own list of its images has
 * (https://github.com/docker-library/repo-info, repos/debian/remote). CONTRIBUTING.md says how to take a newer one.
 */
export const REGISTRY_BASE = "debian@sha256:a99cfc517144bc59b1978475ec53b46ecabec7e43635402ee5b77cc54cd1b20a";
export const DEBIAN_RELEASE = "trixie";

/** What Docker builds the node image from. */
const NODE_IMAGE_FILES = join(import.meta.dirname, "../../lab-scripts/node");

/**
 * mmdebstrap's arguments, apart from the packages and where Debian is fetched from.
 * - No fsync: a tree that a crash cuts short is thrown away and made again.
 * - Documentation goes at the end: excluding it in dpkg makes mmdebstrap filter every archive, 10 s instead of 0.3 s.
 *   So do the names of the machine that mmdebstrap copies in.
 */
export const MMDEBSTRAP_OPTIONS: readonly string[] = [
  "--variant=apt",
  "--dpkgopt=force-unsafe-io",
  '--aptopt=Acquire::Languages "none"',
  '--customize-hook=cd "$1" && rm -rf usr/share/doc/* usr/share/man/* usr/share/info/* usr/share/locale/*',
  '--customize-hook=cd "$1" && rm -f etc/resolv.conf etc/hostname',
];

/** The Debian packages of `packages.txt`: one a line, `#` begins a comment. */
export function imagePackages(text = readFileSync(join(NODE_IMAGE_FILES, "packages.txt"), "utf8")): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
}

/** The name of the base image that set-up makes: keyed by all that goes into it, so a new list makes a new image. */
export function baseImageTag(packages: readonly string[] = imagePackages()): string {
  const words = [DEBIAN_RELEASE, process.arch, ...MMDEBSTRAP_OPTIONS, "", ...[...packages].sort()];
  return `podlab/base:${sha256(words.join("\n")).slice(0, 12)}`;
}

/** The base image to build on: the one that set-up made, if the engine has it or the node image that was built on it, else the registry's. */
export async function findBaseImage(): Promise<string> {
  const tag = baseImageTag();
  return (await hasImage(tag)) || (await hasImage(nodeImageName(tag))) ? tag : REGISTRY_BASE;
}

/**
 * Whether the engine has the image. An engine that says nothing has not said no: all nodes would be made again.
 * @throws DockerError
 */
export async function hasImage(name: string, docker = new Docker()): Promise<boolean> {
  return (await unlessGone(docker.get<object>(`/images/${encodeURIComponent(name)}/json`))) !== undefined;
}

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
