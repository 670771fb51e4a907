import { join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../lab/project.ts";
import { setUp } from "../setup/setup.ts";

/** Runs a script of the project (the tests, a benchmark) with all that a lab or a test needs, and ends as it ends. */
export async function script(file: string, args: readonly string[], tests = false): Promise<void> {
  const { env } = await setUp({ tests });
  // Of a Ctrl-C the script hears from the terminal itself, and may have a lab to remove before it ends.
  process.on("SIGINT", () => {});
  const options = { cwd: ROOT, env, stdio: "inherit", reject: false } as const;
  const { exitCode } = await execa(process.execPath, [join(ROOT, file), ...args], options);
  process.exitCode = exitCode ?? 1;
}
