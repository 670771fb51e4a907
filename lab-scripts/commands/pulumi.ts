import { execa } from "execa";
import { ROOT } from "../lab/project.ts";
import { findToolchain, setUp } from "../setup/setup.ts";

/**
 * Pulumi itself, on this project: the one that set-up found or built, with its plugins and environment. The stack is
 * `stack` unless the arguments or PULUMI_STACK name another.
 */
export async function pulumi(args: readonly string[], stack: string): Promise<void> {
  const tools = (await findToolchain()) ?? (await setUp({ for: "lab" }));
  const env = { ...tools.env, PULUMI_STACK: process.env.PULUMI_STACK || stack };
  const { exitCode } = await execa(tools.pulumi, args, { cwd: ROOT, env, stdio: "inherit", reject: false });
  process.exitCode = exitCode ?? 1;
}
