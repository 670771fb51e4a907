import { join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../lab/project.ts";
import { type SetUpOptions, setUp } from "../setup/setup.ts";

/** Runs a script of the project (the tests, a benchmark) with all that a lab or a test needs, and ends as it ends. */
export async function script(
  file: string,
  args: readonly string[],
  purpose: SetUpOptions["for"] = "lab",
): Promise<void> {
  const { env } = await setUp({ for: purpose });
  const options = { cwd: ROOT, env, stdio: "inherit", reject: false } as const;
  const { exitCode } = await execa(process.execPath, [join(ROOT, file), ...args], options);
  process.exitCode = exitCode ?? 1;
}
