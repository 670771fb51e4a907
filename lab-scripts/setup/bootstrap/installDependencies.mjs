import { join } from "node:path";
import { describeHolder, withLock } from "../lock.mjs";
import { dependenciesAreCurrent, writeStamp } from "./dependencies.mjs";
import { npm } from "./npm.mjs";

/**
 * `npm ci`, once: a second podlab that starts meanwhile waits for the first and then finds the work done.
 * `--ignore-scripts`: no dependency of podlab needs one, and none should run on a user's machine unasked.
 */
export async function installDependencies(root, env) {
  const onWait = (holder) => process.stderr.write(`podlab: waiting for ${describeHolder(holder)}, who installs too\n`);
  await withLock(join(root, ".podlab", "locks", "npm-ci"), { onWait }, async () => {
    if (dependenciesAreCurrent(root)) return;
    await npm(["ci", "--ignore-scripts"], { cwd: root, env, what: "npm dependencies" });
    writeStamp(root);
  });
}
