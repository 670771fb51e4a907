import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { workspace } from "../lab/workspace.ts";
import { findToolchain, setUp } from "../setup/setup.ts";

/**
 * Pulumi itself, on this project: the one that set-up found or built, with its plugins and environment. The stack is
 * `stack` unless the arguments or PULUMI_STACK name another.
 */
export async function pulumi(args: readonly string[], stack: string): Promise<void> {
  const tools = (await findToolchain()) ?? (await setUp({ for: "lab" }));
  const env = { ...process.env, ...tools.env, PULUMI_STACK: process.env.PULUMI_STACK || stack };
  const child = spawn(tools.pulumi, args, { cwd: await workspace(), env, stdio: "inherit" });
  // Pulumi ends in good order, and needs its program for that. At a terminal Ctrl-C reaches it by itself.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  process.exitCode = code ?? 128 + constants.signals[signal!];
}
