import { join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../lab/project.ts";
import { setUp } from "../setup/setup.ts";

/** Runs a script of the project (a benchmark, a long test) with all that a lab needs, and ends as it ends. */
export async function script(file: string, args: readonly string[]): Promise<void> {
  const tools = await setUp({ for: "lab" });
  const options = { env: tools.env, stdio: "inherit", reject: false } as const;
  const { exitCode } = await execa(process.execPath, [join(ROOT, file), ...args], options);
  process.exitCode = exitCode ?? 1;
}
