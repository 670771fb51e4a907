import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  baseImageTag,
  DEBIAN_RELEASE,
  imagePackages,
  nodeImageName,
  REGISTRY_BASE,
} from "../../../infra/machine/baseImage.ts";
import { dockerEndpoint } from "../../../infra/machine/endpoint.ts";
import { hasImage } from "../askEngine.ts";
import { bootstrapDebian } from "../bootstrapDebian.ts";
import { findCommand, lastLines, runCommand } from "../command.ts";
import { aptIndexes, debianSources, installPackages, mayInstallPackages, updatePackageLists } from "../debian.ts";
import type { Progress, SetUpContext, Step, Way } from "../step.ts";
import { SetupError } from "../step.ts";
import { ENGINE } from "./engine.ts";

/** Until the registry has named the image: a registry that can be reached does that in a second or two. */
const REGISTRY_MS = 15_000;
const PULL_MS = 10 * 60_000;

interface BaseFound {
  image: string;
}

/**
 * The image that nodes are built from: Debian's from the registry, else one of the same Debian made by mmdebstrap. Where the engine
 * has the node image that was built from it, it is not needed.
 */
export const baseImageStep: Step<BaseFound> = {
  name: "base image",
  needs: [ENGINE],

  async detect(context) {
    const endpoint = dockerEndpoint(context.env);
    for (const image of [tagFor(context), REGISTRY_BASE]) {
      for (const either of [image, nodeImageName(image)]) if (await hasImage(endpoint, either)) return { image };
    }
    return undefined;
  },

  async plan(context) {
    const archive = context.env.PODLAB_NODE_IMAGE;
    if (archive) return fromArchive(archive, context);
    return {
      how: `docker pull ${REGISTRY_BASE}, or mmdebstrap`,
      seconds: 45,
      lock: tagFor(context).replace(/[/:]/g, "-"),
      async run(progress, signal) {
        const refusal = await pull(context, progress, signal);
        if (refusal === undefined) {
          progress.took(`docker pull ${REGISTRY_BASE}`);
          return { image: REGISTRY_BASE };
        }
        progress.took("Debian by mmdebstrap");
        const image = tagFor(context);
        const sources = await prepareMmdebstrap(context, progress, signal, refusal);
        await bootstrapDebian({ tag: image, packages: packagesFor(context), sources }, context, signal, (heading) =>
          progress.at(`mmdebstrap, ${heading}`),
        );
        return { image };
      },
    };
  },
};

/** Loads the node image from a file that `docker save` wrote, for machines that reach no registry (PODLAB_NODE_IMAGE names it). */
function fromArchive(archive: string, context: SetUpContext): Way<BaseFound> {
  const how = `docker load --input ${archive}`;
  return {
    how,
    seconds: 30,
    lock: "node-image",
    async run(progress, signal) {
      progress.at(how);
      const options = { env: context.env, signal, timeoutMs: PULL_MS };
      const { ok, tail } = await runCommand("docker", ["load", "--input", archive], options);
      if (!ok) throw new SetupError(`${how} failed (PODLAB_NODE_IMAGE names that file):\n${lastLines(tail)}`);
      const found = await baseImageStep.detect(context);
      if (found) return found;
      throw new SetupError(
        `${archive}, which PODLAB_NODE_IMAGE names, has no node image of this version of podlab. Take the file of this ` +
          "version, or unset PODLAB_NODE_IMAGE where a registry can be reached.",
      );
    },
  };
}

/** @returns undefined when the image was pulled, else why it was not */
async function pull(context: SetUpContext, progress: Progress, signal: AbortSignal): Promise<string | undefined> {
  progress.at(`docker pull ${REGISTRY_BASE}`);
  const unreachable = new AbortController();
  const timer = setTimeout(() => unreachable.abort(), REGISTRY_MS);
  try {
    const { ok, tail } = await runCommand("docker", ["pull", REGISTRY_BASE], {
      env: context.env,
      signal: AbortSignal.any([signal, unreachable.signal]),
      timeoutMs: PULL_MS,
      onLine: () => clearTimeout(timer), // the first line comes with the registry's answer
    });
    return ok ? undefined : (tail.trim().split("\n").at(-1) ?? "");
  } catch (error) {
    if (!unreachable.signal.aborted) throw error;
    signal.throwIfAborted();
    return `the registry did not answer within ${REGISTRY_MS / 1000} s`;
  } finally {
    clearTimeout(timer);
  }
}

/** Sees that mmdebstrap is there and knows where Debian is. */
async function prepareMmdebstrap(
  context: SetUpContext,
  progress: Progress,
  signal: AbortSignal,
  refusal: string,
): Promise<string[]> {
  const advice =
    `${REGISTRY_BASE} can't be pulled (${refusal}).\n` +
    `Let Docker reach a registry, or load the image from a file: docker load -i FILE, then try again.`;
  if (!mayInstallPackages()) {
    throw new SetupError(`The base image is missing. ${advice}\nAs root on Debian, podlab would make one itself.`);
  }
  let indexes = await aptIndexes(signal);
  if (!findCommand("mmdebstrap", context.env) || !indexes.some(({ origin }) => origin)) {
    progress.at("apt-get install mmdebstrap");
    await updatePackageLists(context, signal);
    indexes = await aptIndexes(signal);
  }
  const sources = debianSources(indexes, DEBIAN_RELEASE);
  if (sources.length === 0) {
    throw new SetupError(`The base image is missing, and apt knows no mirror of Debian to make one from. ${advice}`);
  }
  if (!findCommand("mmdebstrap", context.env)) await installPackages(["mmdebstrap"], context, signal);
  return sources;
}

function packagesFor({ root }: SetUpContext): string[] {
  return imagePackages(readFileSync(join(root, "lab-scripts", "node", "packages.txt"), "utf8"));
}

function tagFor(context: SetUpContext): string {
  return baseImageTag(packagesFor(context));
}
