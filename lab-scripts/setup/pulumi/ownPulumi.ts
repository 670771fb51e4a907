import { existsSync, mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { jsonIn } from "../../../infra/files.ts";
import { findCommand, runCommand } from "../command.ts";
import type { SetUpContext } from "../step.ts";
import { compareVersions, isAtLeast } from "../version.ts";
import { OLDEST_PULUMI, userPulumiHome } from "./places.ts";

interface OwnPulumi {
  pulumi: string;
  version: string;
}

interface Remembered {
  of: string;
  version: string;
}

const LANGUAGE_HOST = "pulumi-language-nodejs";

/** The user's own Pulumi, if it is new enough and has its Node language host: the one on the PATH, else one that `npx pulumi` keeps. */
export async function findOwnPulumi(context: SetUpContext): Promise<OwnPulumi | undefined> {
  return (await findOnPath(context)) ?? findOfNpx(context);
}

/**
 * The npm package `pulumi` keeps each release that it has downloaded in `versions/VERSION` below the user's Pulumi home, as the
 * Automation API does (its lib/cache.js). What it puts on the PATH is a script without a language host beside it.
 */
function findOfNpx({ env }: SetUpContext): OwnPulumi | undefined {
  const versions = join(userPulumiHome(env), "versions");
  const kept = existsSync(versions) ? readdirSync(versions).filter((name) => /^\d+\.\d+\.\d+$/.test(name)) : [];
  return kept
    .filter((version) => isAtLeast(version, OLDEST_PULUMI))
    .sort((a, b) => compareVersions(b, a))
    .map((version) => ({ pulumi: join(versions, version, "bin/pulumi"), version }))
    .find(({ pulumi }) => existsSync(pulumi) && existsSync(join(dirname(pulumi), LANGUAGE_HOST)));
}

/** Asking it for its version takes 0.2 s, so the answer is kept with the file's identity: path, size and time of change. */
async function findOnPath({ env, cache }: SetUpContext): Promise<OwnPulumi | undefined> {
  const pulumi = findCommand("pulumi", env);
  if (!pulumi) return undefined;
  const real = realpathSync(pulumi);
  if (!existsSync(join(dirname(real), LANGUAGE_HOST)) && !findCommand(LANGUAGE_HOST, env)) return undefined;

  const { size, mtimeMs } = statSync(real);
  const identity = `${real} ${size} ${mtimeMs}`;
  const file = join(cache, "own-pulumi.json");
  const known = jsonIn<Remembered>(file); // none yet, or cut short: ask again
  let version = known?.of === identity ? known.version : undefined;
  if (version === undefined) {
    const { ok, stdout } = await runCommand(pulumi, ["version"], { env, timeoutMs: 10_000 });
    version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
    if (!ok || !version) return undefined;
    mkdirSync(cache, { recursive: true });
    writeFileSync(file, JSON.stringify({ of: identity, version } satisfies Remembered));
  }
  return isAtLeast(version, OLDEST_PULUMI) ? { pulumi, version } : undefined;
}
