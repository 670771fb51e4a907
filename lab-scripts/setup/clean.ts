import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { HOME } from "../../infra/home.ts";
import { cacheDirectory, removeCache } from "./cache.ts";
import { stopEngineWeStarted } from "./dockerDaemon.ts";
import { describeHolder, lockHolder } from "./lock.mjs";
import { SetupError } from "./step.ts";

/**
 * Undoes set-up: stops the Docker engine if podlab started it and nothing else runs on it, and removes podlab's cache,
 * which all clones share, and this clone's own. Packages that apt installed stay: others may use them by now.
 * @returns what was done, for the user
 * @throws SetupError while a set-up runs, or where the cache is the project's folder
 */
export async function cleanSetUp({ root = HOME, env = process.env } = {}): Promise<string> {
  const cache = cacheDirectory(env);
  refuseWhileSettingUp(join(cache, "locks"));
  const { stopped, reason } = await stopEngineWeStarted(env);
  // What podlab must know to stop its engine another time stays with the engine.
  const kept = existsSync(join(cache, "engine-started.json")) ? ["engine-started.json", "log"] : [];
  const removed = removeCache(cache, root, kept);
  rmSync(join(root, ".podlab"), { recursive: true, force: true });
  return `Docker engine ${stopped ? "stopped" : "left alone"}: ${reason}\n${removed}\nremoved .podlab\n`;
}

function refuseWhileSettingUp(locks: string): void {
  for (const name of existsSync(locks) ? readdirSync(locks) : []) {
    const holder = lockHolder(join(locks, name));
    if (!holder) continue;
    throw new SetupError(
      `${describeHolder(holder)} sets up ${basename(name)} right now. Wait for it, or end it, then clean again.`,
    );
  }
}
