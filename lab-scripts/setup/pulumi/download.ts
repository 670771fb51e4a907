import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { lastLines, runCommand } from "../command.ts";
import type { SetUpContext } from "../context.ts";
import { PLATFORM, PULUMI_VERSION } from "./versions.ts";

/** Where Pulumi offers its releases; its own installer fetches the same archives. */
export const PULUMI_SITE = "https://get.pulumi.com";

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
 * Downloads Pulumi's release, unpacks it beside `target`, sees that it runs, and renames it into place: it is there
 * whole or not at all, and the user's own ~/.pulumi is not touched.
 * @throws Unavailable
 */
export async function downloadPulumi(context: SetUpContext, target: string, signal: AbortSignal): Promise<void> {
  const archive = `${target}.tar.gz.part`;
  const place = `${target}.part`;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, "bin"), { recursive: true });
  await fetchTo(archiveUrl(context.pulumiSite), archive, signal);
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

function archiveUrl(site: string): string {
  return `${site}/releases/sdk/pulumi-v${PULUMI_VERSION}-${PLATFORM}.tar.gz`;
}

async function fetchTo(url: string, file: string, signal: AbortSignal): Promise<void> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]);
    const { ok, status, body } = await fetch(url, { signal: limit });
    if (!ok || !body) throw new Error(`HTTP ${status}`);
    await pipeline(body, createWriteStream(file), { signal: limit });
  } catch (error) {
    signal.throwIfAborted();
    throw new Unavailable(`${url}: ${(error as Error).message}`);
  }
}
