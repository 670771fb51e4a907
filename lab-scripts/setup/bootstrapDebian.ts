import { spawn } from "node:child_process";
import { readFileSync, statfsSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { DEBIAN_RELEASE, MMDEBSTRAP_OPTIONS, REGISTRY_BASE } from "../../infra/machine/baseImage.ts";
import { READABLE } from "../../infra/machine/command.ts";
import { lastLines, runCommand, signalGroup, superviseCommand } from "./command.ts";
import type { SetUpContext } from "./step.ts";
import { SetupError } from "./step.ts";

const LIMIT_MS = 15 * 60_000;
/** mmdebstrap removes its directory when it is ended; that takes a few seconds on a slow disk. */
const GRACE_MS = 20_000;

interface DebianImage {
  tag: string;
  packages: readonly string[];
  /** Lines of sources.list. */
  sources: readonly string[];
}

/**
 * Makes an image of a Debian root file system with the packages in it, piped from mmdebstrap straight into the engine.
 * The image gets its name only when both ends succeeded: an engine can't tell a stream that was cut from one that ended.
 */
export async function bootstrapDebian(
  { tag, packages, sources }: DebianImage,
  context: SetUpContext,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const { env } = context;
  const log = join(context.cache, "log", "mmdebstrap.log");
  const args = [...MMDEBSTRAP_OPTIONS, `--include=${packages.join(",")}`, DEBIAN_RELEASE, "-", ...sources];
  const labels = ["--change", "LABEL dev.podlab.role=base", "--change", 'CMD ["bash"]'];
  const maker = spawn("mmdebstrap", args, {
    detached: true,
    env: { ...env, ...READABLE, ...workDirectory(), DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const taker = spawn("docker", ["import", ...labels, "-"], { detached: true, env, stdio: ["pipe", "pipe", "pipe"] });
  const tar = maker.stdout;
  tar.pipe(taker.stdin);
  taker.stdin.on("error", () => signalGroup(maker, "SIGTERM")); // the engine hung up: nobody reads what is made

  const limits = { signal, timeoutMs: LIMIT_MS, log };
  const [made, imported] = await Promise.all([
    superviseCommand(maker, "mmdebstrap", {
      ...limits,
      stdoutIsData: true,
      graceMs: GRACE_MS,
      onLine: headings(onLine),
    }),
    superviseCommand(taker, "docker", limits),
  ]);
  const image = imported.stdout.trim();
  if (!made.ok || !imported.ok) {
    if (imported.ok && image) await runCommand("docker", ["image", "rm", image], { env });
    const [which, failed] = made.ok ? ["docker import", imported] : ["mmdebstrap", made];
    throw new SetupError(
      `The base image can't be made: ${which} failed (${failed.status}); all of it is in ${log}:\n${lastLines(failed.tail)}\n` +
        `Check that apt reaches its mirrors (apt-get update), or let Docker reach a registry: docker pull ${REGISTRY_BASE}`,
    );
  }
  const named = await runCommand("docker", ["tag", image, tag], { env, signal });
  if (!named.ok) throw new SetupError(`docker tag ${image} ${tag} failed: ${lastLines(named.tail)}`);
}

/** In memory where there is plenty: the root file system takes 0.6 GB, is read once, and other steps need the disk. */
function workDirectory(): { TMPDIR?: string } {
  const wanted = 1.5e9;
  try {
    const mount = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .find((line) => line.split(" ")[1] === "/dev/shm");
    const options = mount?.split(" ")[3] ?? "noexec";
    const { bavail, bsize } = statfsSync("/dev/shm");
    const fits = bavail * bsize > wanted && freemem() > 3 * wanted;
    return fits && !/\b(noexec|nodev)\b/.test(options) ? { TMPDIR: "/dev/shm" } : {};
  } catch {
    return {};
  }
}

/** mmdebstrap's own headings, `I: extracting archives...`, and not the thousand lines of apt and dpkg between. */
function headings(onLine: (line: string) => void): (line: string) => void {
  return (line) => {
    const heading = /^I: (?!using|finding|automatically|chroot|running --)(.*?)\.*$/.exec(line)?.[1];
    if (heading) onLine(heading);
  };
}
