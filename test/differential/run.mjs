// npm run test:differential [-- --seed N --count N --case N]: the model against the kernel, on many random labs.
// Plain JavaScript, because the running Node may be too old for the rest (20 is enough here).
import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findNode } from "../../lab-scripts/setup/bootstrap/node.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));

function wanted() {
  const names = { seed: { type: "string" }, count: { type: "string" }, case: { type: "string" } };
  const { values } = parseArgs({ options: names });
  for (const [name, value] of Object.entries(values)) {
    if (!/^\d+$/.test(value)) throw new Error(`--${name} ${value} is no whole number`);
  }
  return {
    seed: values.seed ?? String(Math.floor(Math.random() * 1_000_000)),
    count: values.count ?? "200",
    only: values.case,
  };
}

function main() {
  const node = findNode(root);
  if (!node) throw new Error("it takes Node 22.18 or newer: npm run setup brings one");
  const { seed, count, only } = wanted();
  const env = {
    ...process.env,
    PODLAB_DIFFERENTIAL: "1",
    PODLAB_SEED: seed,
    PODLAB_COUNT: count,
    ...(only === undefined ? {} : { PODLAB_CASE: only }),
  };
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "differential"];
  // A process group of its own, so that whatever of it outlives an interruption can be told to end, too.
  const child = spawn(node, args, { cwd: root, env, stdio: "inherit", detached: true });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => signalGroup(child.pid, signal));
  child.on("exit", async (code) => {
    process.exitCode = code ?? 1;
    await groupEnded(child.pid);
    spawnSync(node, [join(here, "sweep.ts")], { stdio: "inherit" });
  });
}

const PATIENCE = 10_000;

/** Labs are removed by the process that made them; it gets some seconds for that. */
async function groupEnded(group) {
  const until = Date.now() + PATIENCE;
  signalGroup(group, "SIGTERM");
  while (signalGroup(group, 0)) {
    if (Date.now() > until) signalGroup(group, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @returns whether there was anybody to take it */
function signalGroup(group, signal) {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`test:differential: ${error.message}\n`);
  process.exitCode = 3;
}
