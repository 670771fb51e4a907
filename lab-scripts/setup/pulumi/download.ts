import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { lastLines, runCommand } from "../command.ts";
import type { SetUpContext } from "../step.ts";
import { PLATFORM, type PLUGINS, PULUMI_VERSION } from "./places.ts";

/** Where Pulumi offers its releases; its own installer fetches the same archives. */
export const PULUMI_SITE = "https://get.pulumi.com";

/** Where the plugins' releases are: `pulumi plugin install` looks there first. */
export const PLUGIN_RELEASES = "https://github.com/pulumi";

const REACH_MS = 4_000;
const DOWNLOAD_MS = 10 * 60_000;

/** Something could not be had from Pulumi's site: there are other ways. */
export class Unavailable extends Error {
  override name = "Unavailable";
}

/** Whether Pulumi's site can be reached and has the release. At most 4 s. */
export async function siteHasRelease(site: string, signal: AbortSignal): Promise<boolean> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(REACH_MS)]);
    const { ok } = await fetch(archiveUrl(site), { method: "HEAD", signal: limit });
    return ok;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * Downloads Pulumi's release, holds it against its published checksum, unpacks it beside `target`, sees that it runs, and renames it into place: it is there
 * whole or not at all, and the user's own ~/.pulumi is not touched.
 * @throws Unavailable
 */
export async function downloadPulumi(context: SetUpContext, target: string, signal: AbortSignal): Promise<void> {
  const archive = `${target}.tar.gz.part`;
  const place = `${target}.part`;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, "bin"), { recursive: true });
  const published = `${context.pulumiSite}/releases/sdk/pulumi-${PULUMI_VERSION}-checksums.txt`;
  await fetchChecked(archiveUrl(context.pulumiSite), published, archive, signal);
  // The archive holds one directory, pulumi/, with the binaries in it.
  const unpack = ["-xzf", archive, "-C", join(place, "bin"), "--strip-components=1"];
  const unpacked = await runCommand("tar", unpack, { env: context.env, signal });
  if (!unpacked.ok) throw new Unavailable(`the archive can't be unpacked: ${lastLines(unpacked.tail, 1)}`);
  if (!existsSync(join(place, "bin", "pulumi-language-nodejs")))
    throw new Unavailable("it lacks its Node language host");
  const { ok, tail } = await runCommand(join(place, "bin", "pulumi"), ["version"], { env: context.env, signal });
  if (!ok) throw new Unavailable(`the downloaded pulumi does not run: ${lastLines(tail, 1)}`);
  renameSync(place, target);
  rmSync(archive, { force: true });
}

/**
 * Downloads a plugin's archive for this platform, and holds it against its published checksum.
 * @throws Unavailable
 */
export async function downloadPlugin(
  releases: string,
  { name, version }: (typeof PLUGINS)[number],
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const release = `${releases}/pulumi-${name}/releases/download/v${version}`;
  // Go's name of the architecture, where the CLI's archives have Node's.
  const file = `pulumi-resource-${name}-v${version}-${PLATFORM.replace("x64", "amd64")}.tar.gz`;
  await fetchChecked(`${release}/${file}`, `${release}/pulumi-${name}_${version}_checksums.txt`, target, signal);
}

const ARCHIVE = `pulumi-v${PULUMI_VERSION}-${PLATFORM}.tar.gz`;

function archiveUrl(site: string): string {
  return `${site}/releases/sdk/${ARCHIVE}`;
}

/** Of what a list may have, by the digits of a sum: GoReleaser writes SHA-256, the releases of most plugins SHA-1 (`shasum ./*.tar.gz`). */
const ALGORITHMS: Readonly<Record<number, string>> = { 64: "sha256", 40: "sha1" };

/** @param list the address of a list as sha256sum writes it */
async function fetchChecked(url: string, list: string, target: string, signal: AbortSignal): Promise<void> {
  const text = await fetched(list, signal, (response) => response.text());
  const file = basename(url);
  const lines = text.split("\n").map((line) => /^([0-9a-f]+) [ *](?:\.\/)?(.*)$/.exec(line) ?? []);
  const wanted = lines.find(([, , name]) => name === file)?.[1];
  const algorithm = ALGORITHMS[wanted?.length ?? 0];
  if (algorithm === undefined) throw new Unavailable(`${list} has no checksum of ${file}`);
  await fetched(url, signal, ({ body }, limit) => pipeline(body!, createWriteStream(target), { signal: limit }));
  const hash = createHash(algorithm);
  await pipeline(createReadStream(target), hash);
  const found = hash.digest("hex");
  if (found !== wanted) throw new Unavailable(`${file} has the checksum ${found}, but ${list} says ${wanted}`);
}

async function fetched<T>(
  url: string,
  signal: AbortSignal,
  take: (response: Response, limit: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]);
    const response = await fetch(url, { signal: limit });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await take(response, limit);
  } catch (error) {
    signal.throwIfAborted();
    throw new Unavailable(`${url}: ${(error as Error).message}`);
  }
}
