import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { commandLine } from "../../infra/home.ts";
import { EXIT, Failure } from "../exit.ts";
import { HOME, OWN, ROOT, stackFile } from "../lab/project.ts";
import { workspace } from "../lab/workspace.ts";
import { findToolchain, setUp } from "../setup/setup.ts";

/** The longest text that a program is handed in its environment (execve(2), MAX_ARG_STRLEN). Pulumi hands its program the config so. */
const LONGEST = 128 * 1024;

/**
 * Refuses a config that Pulumi could not hand to the program: it would say no more than "argument list too long".
 * @throws Failure (exit code 3)
 */
export function refuseLongConfig(args: readonly string[], stack: string, fileOf = configFile): void {
  const { values } = parseArgs({
    args: [...args],
    options: { stack: { type: "string", short: "s", default: stack } },
    strict: false,
  });
  const name = String(values.stack);
  const file = fileOf(name);
  if (!/^(preview|pre|up|update|refresh|watch)$/.test(args[0] ?? "") || !existsSync(file)) return;
  const config = parse(readFileSync(file, "utf8"))?.config ?? {};
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const bytes = Buffer.byteLength(`PULUMI_CONFIG=${JSON.stringify(Object.fromEntries(texts))}`);
  if (bytes < LONGEST) return;
  throw new Failure(
    EXIT.badInput,
    `${file}: its config takes ${Math.ceil(bytes / 1024)} KiB, and Linux hands a program at most ${LONGEST / 1024} KiB of it; ` +
      `${commandLine("start", name)} builds the lab all the same; for Pulumi, put the lab into a file of its own and name that (podlab:file: my-lab.yaml)`,
  );
}

const configFile = (stack: string): string =>
  HOME === ROOT ? stackFile(stack) : join(OWN, "stacks", `Pulumi.${stack}.yaml`);

/**
 * Pulumi itself, on this project: the one that set-up found or built, with its plugins and environment. The stack is
 * `stack` unless the arguments or PULUMI_STACK name another.
 */
export async function pulumi(args: readonly string[], stack: string): Promise<void> {
  const tools = (await findToolchain()) ?? (await setUp());
  refuseLongConfig(args, process.env.PULUMI_STACK || stack);
  const env = { ...process.env, ...tools.env, PULUMI_STACK: process.env.PULUMI_STACK || stack };
  const child = spawn(tools.pulumi, args, { cwd: await workspace(), env, stdio: "inherit" });
  // Pulumi ends in good order, and needs its program for that. At a terminal Ctrl-C reaches it by itself.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  process.exitCode = code ?? 128 + constants.signals[signal!];
}
