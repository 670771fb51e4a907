/** Every check of the project, cheapest first; each part prints as it goes, and vitest's summary comes last. `npm test` runs it. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { leftBehind, type MachineState, machineState, RUN_MARK } from "./machineState.ts";

const mark = randomUUID();

async function run(file: string, ...args: string[]): Promise<void> {
  process.stderr.write(`\n> ${file} ${args.join(" ")}\n`);
  const env = { [RUN_MARK]: mark };
  const { exitCode } = await execa(file, args, { env, stdio: "inherit", reject: false, preferLocal: true });
  if (exitCode === 0) return;
  process.stderr.write(`podlab: ${file} failed\n`);
  process.exit(exitCode ?? 1);
}

/** The machine after is the machine before. */
async function proveNothingLeft(before: MachineState): Promise<void> {
  // A process that was killed takes a moment to be gone.
  for (let tries = 0; tries < 10; tries++) {
    if (leftBehind(before, await machineState(mark)).length === 0) break;
    await sleep(500);
  }
  const left = leftBehind(before, await machineState(mark));
  if (left.length > 0) throw new Error(`the tests left on this machine:\n  ${left.join("\n  ")}`);
  process.stderr.write(
    "\nthe machine is as it was before: no container, network, volume, interface, route, firewall rule, namespace or process of the tests is left\n",
  );
}

const files = process.argv.slice(2);
if (files.length > 0) await run("vitest", "run", ...files);
else {
  const before = await machineState(mark);
  await run("tsc", "--noEmit");
  await run("biome", "check", ".");
  await run("sh", "-c", "shellcheck infra/components/*.sh lab-scripts/*/*.sh lab-scripts/*/*/*.sh test/plugins/*.sh");
  // The stand-ins are tested where they are used; with Pulumi's own plugins nobody needs Go.
  if (process.env.PULUMI_HOME?.includes("plugins-built")) await run("sh", "test/plugins/test.sh");
  await run("vitest", "run");
  await proveNothingLeft(before);
}
