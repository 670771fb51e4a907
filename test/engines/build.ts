/** What the engines are made of, built once into podlab's cache. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { baseImageTag, imagePackages, REGISTRY_BASE } from "../../lab-scripts/image/base.ts";
import { cacheDirectory, keyOfSources } from "../../lab-scripts/setup/cache.ts";
import { findCommand } from "../../lab-scripts/setup/command.ts";

/** Something that is not on this machine. */
export class Missing extends Error {
  override name = "Missing";
}

const DOCKER = "29.9.3";
const VERSION = `github.com/moby/moby/v2/dockerversion.Version=${DOCKER}`;
/** Each is a module of its own, with the commands that are built from it as its tools. */
const MODULES: readonly { name: string; cgo: "0" | "1"; flags: readonly string[] }[] = [
  { name: "runc", cgo: "1", flags: [] },
  { name: "containerd", cgo: "0", flags: [] },
  { name: "moby", cgo: "0", flags: ["-tags", "exclude_graphdriver_btrfs", "-ldflags", `-X ${VERSION}`] },
];

const ENGINES = join(cacheDirectory(), "engines");

/** @returns a folder with dockerd, docker-proxy, containerd, its shim and runc. @throws Missing */
export async function docker29(): Promise<string> {
  const key = keyOfSources(
    import.meta.dirname,
    MODULES.map(({ name }) => name),
    () => true,
  );
  return made(`docker-${DOCKER}-${key}`, async (folder) => {
    for (const needed of ["go", "cc"]) {
      if (!findCommand(needed))
        throw new Missing(`Docker ${DOCKER} is built from Go modules, and ${needed} is not on PATH`);
    }
    for (const { name, cgo, flags } of MODULES) {
      process.stdout.write(`building ${name} for Docker ${DOCKER}; together they take some minutes\n`);
      await execa("nice", ["-n", "10", "go", "build", "-o", `${folder}/`, ...flags, "tool"], {
        ...{ cwd: join(import.meta.dirname, name), stdin: "ignore" },
        env: { CGO_ENABLED: cgo, GOFLAGS: "-buildvcs=false", GOWORK: "off" },
      });
    }
  });
}

/** @returns a folder with `nft`, for an engine's PATH; undefined where it is on PATH. @throws Missing */
export async function nftables(): Promise<string | undefined> {
  if (findCommand("nft", { PATH: `${process.env.PATH}:/usr/sbin:/sbin` })) return undefined;
  if (!findCommand("apt-get")) throw new Missing("nft is not on PATH");
  return made("nftables", async (folder) => {
    const { exitCode, all } = await execa("apt-get", ["download", "nftables", "libnftables1"], {
      ...{ cwd: folder, reject: false, all: true },
    });
    if (exitCode !== 0) throw new Missing(`nft is not on PATH, and apt-get can't download it: ${all}`);
    // Its library beside it; the other ones come with iptables.
    const unpack = `for archive in *.deb; do dpkg-deb --extract "$archive" root; done
      mkdir lib && cp root/usr/lib/*/libnftables.so.1 lib/ && cp root/usr/sbin/nft lib/
      printf '#!/bin/sh\\nhere=$(dirname "$0")\\nLD_LIBRARY_PATH=$here/lib exec "$here/lib/nft" "$@"\\n' > nft
      chmod 755 nft && rm -r root ./*.deb && ./nft --version`;
    await execa("sh", ["-e", "-c", unpack], { cwd: folder });
  });
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
