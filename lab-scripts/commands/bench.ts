import { join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../lab/project.ts";
import { setUp } from "../setup/setup.ts";

export interface BenchOptions {
  readonly sizes?: string;
  readonly runs?: string;
  readonly compare?: boolean;
}

/** Times labs as they grow, beside a script of plain docker commands; see bench/README.md. */
export async function bench({ sizes, runs, compare }: BenchOptions): Promise<void> {
  const tools = await setUp({ for: "lab" });
  const args = [
    ...(sizes === undefined ? [] : ["--sizes", sizes]),
    ...(runs === undefined ? [] : ["--runs", runs]),
    ...(compare ? ["--compare"] : []),
  ];
  const { exitCode } = await execa(process.execPath, [join(ROOT, "bench/main.ts"), ...args], {
    env: tools.env,
    stdio: "inherit",
    reject: false,
  });
  process.exitCode = exitCode ?? 1;
}
