import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findGo } from "../../../lab-scripts/setup/pulumi/go.ts";
import {
  PLATFORM,
  PLUGINS,
  PULUMI_VERSION,
  pluginDirectory,
  userPulumiHome,
} from "../../../lab-scripts/setup/pulumi/places.ts";
import type { SetUpContext } from "../../../lab-scripts/setup/step.ts";
import { pluginsStep } from "../../../lab-scripts/setup/steps/plugins.ts";
import { pulumiStep } from "../../../lab-scripts/setup/steps/pulumi.ts";
import { detectToolchain } from "../../../lab-scripts/setup/toolchain.ts";
import { contextIn, putCommand, remembered, serve } from "./fakes.ts";

let directory: string;
let server: Server | undefined;
const signal = new AbortController().signal;

/** As GoReleaser makes command's list, and shasum docker's. */
const SUMS = { docker: { by: "sha1", at: "./" }, command: { by: "sha256", at: "" } } as const;
const list = (...sums: [file: string, sum: string][]) =>
  Buffer.from(sums.map(([file, sum]) => `${sum}  ${file}\n`).join(""));

/** A pulumi that knows its version, notes each call, and installs plugins unless told that it can't. */
const PULUMI = (version: string) => `
  echo "$*" >> '${directory}/calls'
  case "$1" in
    version) echo v${version} ;;
    plugin) [ ! -e '${directory}/offline' ] || { echo 'no such host' >&2; exit 255; }
      d="$PULUMI_HOME/plugins/resource-$4-v$5"; mkdir -p "$d"; touch "$d/pulumi-resource-$4" ;;
  esac`;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podlab-pulumi-"));
  mkdirSync(join(directory, "cache/log"), { recursive: true });
  mkdirSync(join(directory, "lab-scripts/pulumi"), { recursive: true });
  putCommand(directory, "go", "echo go1.26.8");
  const build = `#!/bin/sh
    echo "$*" >> '${directory}/builds'; out=$1; shift; mkdir -p "$out"
    [ ! -e '${directory}/broken' ] || { echo 'undefined: x' >&2; exit 1; }
    for part; do case $part in
      engine) cp '${directory}/engine' "$out/pulumi" ;;
      language-host) touch "$out/pulumi-language-nodejs" ;;
      *) echo $part > "$out/pulumi-resource-$part" ;;
    esac; done`;
  writeFileSync(join(directory, "lab-scripts/pulumi/build.sh"), build, { mode: 0o755 });
  writeFileSync(join(directory, "engine"), `#!/bin/sh${PULUMI(PULUMI_VERSION)}`, { mode: 0o755 });
});
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const said = (file: string) => (existsSync(join(directory, file)) ? readFileSync(join(directory, file), "utf8") : "");

function installOwn(version: string): void {
  putCommand(directory, "pulumi", PULUMI(version));
  putCommand(directory, "pulumi-language-nodejs", "");
}

/**
 * Pulumi's site, with a release like the real one: an archive of one directory, pulumi/, and a list of checksums; and the releases
 * of its plugins.
 * @param checksum of the archive, where it is not the archive's @param pluginSum likewise of the plugins'
 */
async function openSite(
  checksum?: string,
  pluginSum?: string,
): Promise<Pick<SetUpContext, "pulumiSite" | "pluginReleases">> {
  const release = join(directory, "release/pulumi");
  mkdirSync(release, { recursive: true });
  writeFileSync(join(release, "pulumi"), `#!/bin/sh${PULUMI(PULUMI_VERSION)}`, { mode: 0o755 });
  writeFileSync(join(release, "pulumi-language-nodejs"), "", { mode: 0o755 });
  const bytes = execFileSync("tar", ["-cz", "-C", join(directory, "release"), "pulumi"]);
  const archive = `pulumi-v${PULUMI_VERSION}-${PLATFORM}.tar.gz`;
  const sum = checksum ?? createHash("sha256").update(bytes).digest("hex");
  const files = new Map([
    [`/releases/sdk/${archive}`, bytes],
    [`/releases/sdk/pulumi-${PULUMI_VERSION}-checksums.txt`, list(["another.tar.gz", "0".repeat(64)], [archive, sum])],
    ...PLUGINS.flatMap(({ name, version }): [string, Buffer][] => {
      const release = `/pulumi-${name}/releases/download/v${version}`;
      const plugin = `pulumi-resource-${name}-v${version}-${PLATFORM.replace("x64", "amd64")}.tar.gz`;
      const own = pluginSum ?? createHash(SUMS[name].by).update(name).digest("hex");
      return [
        [`${release}/${plugin}`, Buffer.from(name)],
        [`${release}/pulumi-${name}_${version}_checksums.txt`, list([SUMS[name].at + plugin, own])],
      ];
    }),
  ]);
  const opened = await serve(({ url }) => {
    const file = files.get(url ?? "");
    return file && { bytes: file };
  });
  server = opened.server;
  return { pulumiSite: opened.url, pluginReleases: opened.url };
}

test("the user's own Pulumi is used, and asked for its version once", async () => {
  installOwn("3.231.0");
  const context = contextIn(directory);
  const own = { pulumi: join(directory, "bin/pulumi"), version: "3.231.0", own: true };
  expect(await pulumiStep.detect(context)).toEqual(own);
  expect(await pulumiStep.detect(context)).toEqual(own);
  expect(said("calls")).toBe("version\n");
  await new Promise((resolve) => setTimeout(resolve, 10));
  installOwn("3.240.0");
  expect(await pulumiStep.detect(context)).toMatchObject({ version: "3.240.0" });
});

test("an old Pulumi, and one without its language host, are left alone", async () => {
  installOwn("3.100.0");
  expect(await pulumiStep.detect(contextIn(directory))).toBeUndefined();
  installOwn("3.231.0");
  rmSync(join(directory, "bin/pulumi-language-nodejs"));
  expect(await pulumiStep.detect(contextIn(directory))).toBeUndefined();
});

test("the newest of those that npx pulumi keeps is the user's own, unless another is on the PATH", async () => {
  const context = contextIn(directory);
  const keep = (version: string, ...files: string[]) => {
    const bin = join(userPulumiHome(context.env), "versions", version, "bin");
    mkdirSync(bin, { recursive: true });
    for (const file of files) writeFileSync(join(bin, file), "", { mode: 0o755 });
    return join(bin, "pulumi");
  };
  keep("3.100.0", "pulumi", "pulumi-language-nodejs");
  expect(await pulumiStep.detect(context)).toBeUndefined();
  keep("3.229.0", "pulumi", "pulumi-language-nodejs");
  const pulumi = keep("3.230.1", "pulumi", "pulumi-language-nodejs");
  keep("3.300.0", "pulumi");
  expect(await pulumiStep.detect(context)).toEqual({ pulumi, version: "3.230.1", own: true });
  // What `npm install --global pulumi` puts there: a script that finds the same.
  putCommand(directory, "pulumi", PULUMI("3.300.0"));
  expect(await pulumiStep.detect(context)).toMatchObject({ pulumi });
  installOwn("3.220.0");
  expect(await pulumiStep.detect(context)).toMatchObject({ version: "3.220.0" });
});

test("downloads the release into the cache where the site can be reached", async () => {
  const context = contextIn(directory, await openSite());
  const way = await pulumiStep.plan(context);
  expect(way.how).toContain("downloaded");
  const found = await way.run(remembered(), signal);
  expect(found.pulumi).toContain(join(directory, "cache"));
  expect(await pulumiStep.detect(context)).toEqual(found);
  const plugins = await (await pluginsStep.plan(context)).run(remembered(), signal);
  expect(plugins.home).toContain(join(directory, "cache"));
  expect(await pluginsStep.detect(context)).toEqual(plugins);
  for (const { name, version } of PLUGINS) {
    expect(said("calls")).toMatch(
      new RegExp(`plugin install resource ${name} ${version} --file \\S+\\.tar\\.gz\\.part`),
    );
  }
  expect(said("builds")).toBe("");
});

test("an archive that has not its published checksum is not taken, and one without a checksum neither", async () => {
  const site = await openSite("0".repeat(64));
  const context = contextIn(directory, site);
  const progress = remembered();
  const found = await (await pulumiStep.plan(context)).run(progress, signal);
  expect(found.pulumi).toContain("pulumi-built-");
  expect(progress.notes.join()).toMatch(
    /tar\.gz has the checksum [0-9a-f]{64}, but .*checksums\.txt says 0{64}; building/,
  );
  context.pluginReleases = "http://127.0.0.1:1";
  const { home } = await (await pluginsStep.plan(context)).run(progress, signal);
  expect(home).toContain("plugins-built-");
});

test.each([
  [
    "f".repeat(40),
    /docker-v\S+\.tar\.gz has the checksum [0-9a-f]{40}, but .*pulumi-docker_\S+_checksums\.txt says f{40}; building/,
  ],
  ["f".repeat(64), /has the checksum [0-9a-f]{64}, but .* says f{64}; building/],
  ["short", /_checksums\.txt has no checksum of pulumi-resource-docker-v\S+; building/],
])("a plugin's archive that has not its published checksum is not taken: %s", async (sum, told) => {
  const context = contextIn(directory, await openSite(undefined, sum));
  const progress = remembered();
  await (await pulumiStep.plan(context)).run(progress, signal);
  const { home } = await (await pluginsStep.plan(context)).run(progress, signal);
  expect(home).toContain("plugins-built-");
  expect(progress.notes.join("\n")).toMatch(told);
  expect(said("calls")).not.toContain("plugin install");
});

test("builds from Go modules where it can't, and a second run finds it", async () => {
  const context = contextIn(directory);
  const way = await pulumiStep.plan(context);
  expect(way.how).toContain("built from Go modules");
  const found = await way.run(remembered(), signal);
  const plugins = await (await pluginsStep.plan(context)).run(remembered(), signal);
  expect(said("builds")).toMatch(/bin engine language-host\n.*parts docker command\n/);
  expect(await pulumiStep.detect(context)).toEqual(found);
  expect(await pluginsStep.detect(context)).toEqual(plugins);
  for (const plugin of PLUGINS) {
    const file = join(pluginDirectory(plugins.home ?? "", plugin), `pulumi-resource-${plugin.name}`);
    expect(readFileSync(file, "utf8")).toBe(`${plugin.name}\n`);
  }
});

test("a build that was cut short is not taken for done", async () => {
  writeFileSync(join(directory, "broken"), "");
  const context = contextIn(directory);
  const way = await pulumiStep.plan(context);
  await expect(way.run(remembered(), signal)).rejects.toThrow(
    /engine language-host failed \(exit 1\)[\s\S]*undefined: x/,
  );
  expect(await pulumiStep.detect(context)).toBeUndefined();
});

test("official plugins that can't be had are replaced by built ones, and it is said", async () => {
  installOwn("3.231.0");
  writeFileSync(join(directory, "offline"), "");
  const context = contextIn(directory, await openSite());
  const progress = remembered();
  const { home } = await (await pluginsStep.plan(context)).run(progress, signal);
  expect(home).toContain("plugins-built-");
  expect(progress.notes.join()).toMatch(/no such host; building them from Go modules instead,took .*stand-ins/);
});

test("the user's own Pulumi keeps official plugins in the user's home, and needs none of podlab's", async () => {
  installOwn("3.231.0");
  const context = contextIn(directory, await openSite());
  expect(await (await pluginsStep.plan(context)).run(remembered(), signal)).toEqual({ home: undefined });
  expect(await pluginsStep.detect(context)).toEqual({ home: undefined });
  writeFileSync(`${pluginDirectory(userPulumiHome(context.env), PLUGINS[0])}.partial`, "");
  expect(await pluginsStep.detect(context)).toBeUndefined();
});

test("without Go and without the site, the message says what to install", async () => {
  putCommand(directory, "go", "echo go1.19");
  putCommand(directory, "apt-cache", "echo '  Candidate: 2:1.19~1'");
  const found = findGo(contextIn(directory), "Pulumi", []);
  await expect(found).rejects.toThrow(/go is go1\.19[\s\S]*Install Pulumi .* or Go/);
});

test("the toolchain: pulumi and this Node first on PATH, podlab's home, and an empty passphrase whatever is set", async () => {
  const context = contextIn(directory);
  expect(await detectToolchain(context)).toBeUndefined();
  putCommand(directory, "docker", "");
  await (await pulumiStep.plan(context)).run(remembered(), signal);
  await (await pluginsStep.plan(context)).run(remembered(), signal);
  const found = await detectToolchain(context);
  expect(found?.env.PATH?.split(":")[0]).toBe(join(found?.pulumi ?? "", ".."));
  expect(found?.env).toMatchObject({ PULUMI_CONFIG_PASSPHRASE: "", PULUMI_SKIP_UPDATE_CHECK: "true" });
  expect(found?.env.PULUMI_HOME).toContain("plugins-built-");
  context.env.PULUMI_CONFIG_PASSPHRASE = "secret";
  expect((await detectToolchain(context))?.env).toMatchObject({ PULUMI_CONFIG_PASSPHRASE: "" });
});
