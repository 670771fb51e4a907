import { join } from "node:path";
import { execa } from "execa";
import { ROOT } from "../lab/project.ts";
import { setUp } from "../setup/setup.ts";

/** Times labs as they grow; see bench/README.md. */
export async function bench(sizes: readonly string[]): Promise<void> {
  const tools = await setUp({ for: "lab" });
  const script = join(ROOT, "bench/matrix.ts");
  const { exitCode } = await execa(process.execPath, [script, ...sizes], {
    env: tools.env,
    stdio: "inherit",
    reject: false,
  });
  process.exitCode = exitCode ?? 1;
}
