import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findCommand, runCommand } from "../command.ts";
import type { SetUpContext } from "../context.ts";
import { isAtLeast } from "../version.ts";
import { OLDEST_PULUMI } from "./versions.ts";

export interface OwnPulumi {
  pulumi: string;
  version: string;
}

interface Remembered {
  of: string;
  version: string;
}

/**
 * The user's own Pulumi, if it is new enough and has its Node language host. Asking it for its version takes 0.2 s, so
 * the answer is kept with the file's identity: path, size and time of change.
 */
export async function findOwnPulumi({ env, cache }: SetUpContext): Promise<OwnPulumi | undefined> {
  const pulumi = findCommand("pulumi", env);
  if (!pulumi) return undefined;
  const real = realpathSync(pulumi);
  const host = "pulumi-language-nodejs";
  if (!existsSync(join(dirname(real), host)) && !findCommand(host, env)) return undefined;

  const { size, mtimeMs } = statSync(real);
  const identity = `${real} ${size} ${mtimeMs}`;
  const file = join(cache, "own-pulumi.json");
  const known = recall(file);
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

function recall(file: string): Remembered | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Remembered;
  } catch {
    return undefined; // none yet, or cut short: ask again
  }
}
