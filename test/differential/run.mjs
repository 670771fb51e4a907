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
  const child = spawn(node, args, { cwd: root, env, stdio: "inherit" });
  // The child ends by the same signal and cleans up; this process stays to see whether anything is left.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    spawnSync(node, [join(here, "sweep.ts")], { stdio: "inherit" });
    process.exitCode = code ?? 1;
  });
}

try {
  main();
} catch (error) {
  process.stderr.write(`test:differential: ${error.message}\n`);
  process.exitCode = 3;
}
