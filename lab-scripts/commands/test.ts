import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { EXIT } from "../exit/codes.ts";
import { Failure } from "../exit/failure.ts";
import { leftBehind, type MachineState, machineState, RUN_MARK } from "../lab/machineState.ts";
import { ROOT } from "../lab/project.ts";
import { setUp } from "../setup/setup.ts";

/** Every check of the project, cheapest first; each part prints as it goes, and vitest's summary comes last. */
export async function test(files: readonly string[]): Promise<void> {
  const tools = await setUp({ for: "test" });
  const mark = randomUUID();
  const before = files.length === 0 ? await machineState(mark) : undefined;
  const run = async (file: string, ...args: string[]) => {
    process.stderr.write(`\n> ${file} ${args.join(" ")}\n`);
    const options = {
      cwd: ROOT,
      env: { ...tools.env, [RUN_MARK]: mark },
      stdio: "inherit",
      reject: false,
      preferLocal: true,
    } as const;
    const { exitCode } = await execa(file, args, options);
    if (exitCode !== 0) throw new Failure(exitCode ?? 1, `${file} failed`);
  };
  if (files.length === 0) {
    await run("tsc", "--noEmit");
    await run("biome", "check", ".");
    await run("sh", "-c", "shellcheck lab-scripts/*/*.sh lab-scripts/*/*/*.sh");
    // The stand-ins are tested where they are used; with Pulumi's own plugins nobody needs Go.
    if (tools.env.PULUMI_HOME?.includes("plugins-built")) await run("sh", "lab-scripts/pulumi/test.sh");
  }
  await run("vitest", "run", ...files);
  if (before) await proveNothingLeft(before, mark);
}

/** The machine after is the machine before. */
async function proveNothingLeft(before: MachineState, mark: string): Promise<void> {
  // A process that was killed takes a moment to be gone.
  for (let tries = 0; tries < 10; tries++) {
    if (leftBehind(before, await machineState(mark)).length === 0) break;
    await sleep(500);
  }
  const left = leftBehind(before, await machineState(mark));
  if (left.length > 0) throw new Failure(EXIT.notAsExpected, `the tests left on this machine:\n  ${left.join("\n  ")}`);
  process.stderr.write(
    "\nthe machine is as it was before: no container, network, volume, interface, route, firewall rule, namespace or process of the tests is left\n",
  );
}
