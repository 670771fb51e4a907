/** What the engines are made of, built once into podlab's cache. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { baseImageTag, imagePackages, REGISTRY_BASE } from "../../infra/machine/baseImage.ts";
import { cacheDirectory, keyOf, keyOfSources } from "../../lab-scripts/setup/cache.ts";
import { findCommand } from "../../lab-scripts/setup/command.ts";

/** Something that is not on this machine. */
export class Missing extends Error {
  override name = "Missing";
}

const DOCKER = "29.9.3";
const VERSION = `github.com/moby/moby/v2/dockerversion.Version=${DOCKER}`;
/** Each is a module of its own, with the commands that are built from it as its tools. */
const MODULES: readonly { name: string; cgo: "0" | "1"; flags: readonly string[] }[] = [
  { name: "runc", cgo: "1", flags: ["-tags", "seccomp"] },
  { name: "containerd", cgo: "0", flags: [] },
  { name: "moby", cgo: "0", flags: ["-tags", "exclude_graphdriver_btrfs", "-ldflags", `-X ${VERSION}`] },
];

const ENGINES = join(cacheDirectory(), "engines");

/** @returns a folder with dockerd, docker-proxy, containerd, its shim and runc. @throws Missing */
export async function docker29(): Promise<string> {
  const names = MODULES.map(({ name }) => name);
  const key = keyOf(
    JSON.stringify(MODULES),
    keyOfSources(import.meta.dirname, names, () => true),
  );
  return made(`docker-${DOCKER}-${key}`, async (folder) => {
    for (const needed of ["go", "cc", "pkg-config"]) {
      if (!findCommand(needed)) throw new Missing(`Docker ${DOCKER} is built here, and ${needed} is not on PATH`);
    }
    const seccomp = await libseccomp();
    for (const { name, cgo, flags } of MODULES) {
      process.stdout.write(`building ${name} for Docker ${DOCKER}; together they take some minutes\n`);
      await execa("nice", ["-n", "10", "go", "build", "-o", `${folder}/`, ...flags, "tool"], {
        ...{ cwd: join(import.meta.dirname, name), stdin: "ignore" },
        env: { CGO_ENABLED: cgo, GOFLAGS: "-buildvcs=false", GOWORK: "off", ...seccomp },
      });
    }
  });
}

/** @returns where pkg-config finds what runc is compiled with, if not in its usual places. @throws Missing */
async function libseccomp(): Promise<Record<string, string>> {
  const { exitCode } = await execa("pkg-config", ["--exists", "libseccomp"], { reject: false });
  if (exitCode === 0) return {};
  const folder = await made("libseccomp", (folder) => download(folder, "libseccomp-dev"));
  const { stdout } = await execa("find", [folder, "-name", "libseccomp.pc", "-printf", "%h"]);
  return { PKG_CONFIG_PATH: stdout, PKG_CONFIG_SYSROOT_DIR: folder };
}

/** @returns a folder with `nft`, for an engine's PATH; undefined where it is on PATH. @throws Missing */
export async function nftables(): Promise<string | undefined> {
  if (findCommand("nft", { PATH: `${process.env.PATH}:/usr/sbin:/sbin` })) return undefined;
  return made("nftables", async (folder) => {
    await download(folder, "nftables", "libnftables1");
    // Its library beside it; the other ones come with iptables.
    const wrap = `cp usr/lib/*/libnftables.so.1 usr/sbin/
      printf '#!/bin/sh\nusr=$(dirname "$0")/usr/sbin\nLD_LIBRARY_PATH=$usr exec "$usr/nft" "$@"\n' > nft
      chmod 755 nft && ./nft --version`;
    await execa("sh", ["-e", "-c", wrap], { cwd: folder });
  });
}

/** Unpacks Debian packages of this machine's release without installing them. @throws Missing */
async function download(folder: string, ...packages: readonly string[]): Promise<void> {
  const unpack = `apt-get download "$@" && for archive in *.deb; do dpkg-deb --extract "$archive" . && rm "$archive"; done`;
  const { exitCode, all } = await execa("sh", ["-e", "-c", unpack, "sh", ...packages], {
    ...{ cwd: folder, reject: false, all: true },
  });
  if (exitCode !== 0) throw new Missing(`there is no ${packages[0]}, nor can it be downloaded: ${all.trim()}`);
}

/** @returns the root file system of the base image, which is Debian 13 with its own Docker */
export async function debian(image: string): Promise<string> {
  const { stdout: id } = await execa("docker", ["image", "inspect", "--format", "{{.Id}}", image]);
  return made(`debian-${id.replace("sha256:", "").slice(0, 12)}`, async (folder) => {
    const { stdout: container } = await execa("docker", ["create", image, "true"]);
    try {
      await execa("sh", ["-c", 'docker export "$0" | tar --extract --directory "$1"', container, folder]);
    } finally {
      await execa("docker", ["rm", container]);
    }
  });
}

/** The image that nodes are built from, with all its packages: a machine of its own has no network to fetch them by. */
export async function baseImage(): Promise<{ image: string; name: string }> {
  const name = baseImageTag();
  if (await hasImage(name)) return { image: name, name };
  // Of another name here, lest labs on this machine's engine be built on it from now on.
  const image = name.replace("/base:", "/base-for-engines:");
  if (!(await hasImage(image))) {
    const install = `apt-get update -q && apt-get install -q -y --no-install-recommends ${imagePackages().join(" ")}`;
    await execa("docker", ["build", "--tag", image, "-"], { input: `FROM ${REGISTRY_BASE}\nRUN ${install}\n` });
  }
  return { image, name };
}

async function hasImage(name: string): Promise<boolean> {
  const { exitCode } = await execa("docker", ["image", "inspect", name], { reject: false });
  return exitCode === 0;
}

/** A folder of the cache, whole or not there. */
async function made(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(ENGINES, name);
  if (existsSync(folder)) return folder;
  const part = `${folder}.${process.pid}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    await make(part);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return folder;
}
