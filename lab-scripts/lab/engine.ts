/** Runs Pulumi's engine on a stack of this project. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { markUnnoted, unmarkUnnoted, WITHOUT_NOTES } from "../../infra/machine/unnoted.ts";
import { Failure } from "../commands/failure.ts";
import { dockerEndpoint } from "../setup/dockerEndpoint.ts";
import type { Toolchain } from "../setup/setup.ts";
import { EXIT } from "../verify/exitCode.ts";
import { LanguageHost } from "./attend/languageHost.ts";
import { watchEngine } from "./engineWatch.ts";
import { progress } from "./progress.ts";
import { hasState, ROOT } from "./project.ts";
import { beginState, readState } from "./state.ts";

/** Signals closer than this are one. */
const SAME_SIGNAL_MS = 1000;

/** What Pulumi waits for when it is asked to end will not come from an engine that hangs; asked twice, it waits no more. */
const IN_VAIN_MS = 5000;

const FLAGS = ["--non-interactive", "--color", "never"];

export interface Ended {
  readonly exitCode: number;
  /** That ended it, if one did. */
  readonly signal: NodeJS.Signals | null;
  /** All that Pulumi said. */
  readonly output: string;
  /** The user asked for the end. */
  readonly interrupted: boolean;
  /** It was ended because Docker's engine hung. */
  readonly dockerHung: boolean;
}

export interface UpOptions {
  /** A config file in place of the stack's own. */
  readonly config?: string | undefined;
  /** False where it is known that the state tells of the machine as it is; looked at anew otherwise (Pulumi.yaml). */
  readonly refresh?: boolean;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What runs the program, where it was begun already. */
  readonly host?: LanguageHost | undefined;
}

/** `pulumi up`, with a line for everything that was made. Resolves to its exit code. */
export async function up(tools: Toolchain, stack: string, options: UpOptions = {}): Promise<Ended> {
  const { config, refresh, env, host = new LanguageHost() } = options;
  try {
    if (!hasState(stack)) await beginState(stack);
    const first = readState(stack).ids.size === 0;
    if (first) markUnnoted(stack);
    else unmarkUnnoted(stack);
    const flags = ["--stack", stack, "--yes", "--skip-preview", "--suppress-outputs", "--suppress-permalink=true"];
    if (config !== undefined) flags.push("--config-file", config);
    if (refresh === false) flags.push("--refresh=false");
    flags.push(`--client=${await host.listen()}`);
    // Where what is really there need not be looked at, a resource whose inputs are the same is the same: its plugin, which
    // would compare all that it may have, need not be asked. (A tenth of the time of a change in a large lab.)
    const quick = refresh === false ? { PULUMI_ENABLE_LEGACY_DIFF: "true" } : {};
    host.env = { ...(first ? { [WITHOUT_NOTES]: "true" } : {}), ...env, ...tools.env };
    const ended = await watched(
      spawn(tools.pulumi, ["up", ...flags, ...FLAGS], {
        cwd: ROOT,
        env: { ...process.env, ...quick, ...host.env },
        stdio: ["ignore", "pipe", "pipe"],
        // A group of its own: Ctrl-C reaches it once, from here, and Pulumi ends what it started in good order.
        detached: true,
      }),
    );
    if (ended.signal === null) unmarkUnnoted(stack);
    return ended;
  } finally {
    host.end();
  }
}

/** Shows what Pulumi does, passes signals on to it, and ends it where Docker's engine hangs. */
async function watched(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  let lastSignal = 0;
  const passOn = (signal: NodeJS.Signals) => {
    // One Ctrl-C arrives several times: from the terminal, from npm and from the bootstrap.
    const repeated = Date.now() - lastSignal < SAME_SIGNAL_MS;
    lastSignal = Date.now();
    if (repeated) return;
    process.stderr.write(`\npodlab: ${signal}: ending in good order; once more to stop at once\n`);
    child.kill("SIGINT");
  };
  process.on("SIGINT", passOn).on("SIGTERM", passOn).on("SIGHUP", passOn);
  const ended = new AbortController();
  let dockerHung = false;
  void watchEngine(dockerEndpoint(), ended.signal, {
    tell: (line) => process.stderr.write(`podlab: ${line}\n`),
    giveUp: () => {
      dockerHung = true;
      child.kill("SIGINT");
      setTimeout(() => child.kill("SIGINT"), IN_VAIN_MS).unref();
    },
  });
  const show = progress();
  let output = "";
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      output += `${line}\n`;
      show.line(line);
    });
  }
  const [code, signal] = await closed;
  ended.abort();
  show.end();
  process.off("SIGINT", passOn).off("SIGTERM", passOn).off("SIGHUP", passOn);
  const exitCode = code ?? 128 + constants.signals[signal!];
  return { exitCode, signal, output, interrupted: lastSignal > 0, dockerHung };
}

/**
 * Clears the notes of operations that were cut off: what they were about to make is removed by its labels, what they were
 * about to change or remove is looked at anew in every run (Pulumi.yaml, refresh).
 */
export async function clearPending(tools: Toolchain, stack: string): Promise<void> {
  if (!readState(stack).interrupted) return;
  const text = await pulumi(tools, ["stack", "export", "--stack", stack]);
  const exported = JSON.parse(text) as { deployment: { pending_operations?: unknown } };
  delete exported.deployment.pending_operations;
  await pulumi(tools, ["stack", "import", "--stack", stack], JSON.stringify(exported));
}

/** @returns what it wrote to its standard output */
async function pulumi(tools: Toolchain, args: string[], input?: string): Promise<string> {
  const { exitCode, stdout, all } = await ask(tools, args, input);
  if (exitCode !== 0) throw new Failure(EXIT.notProved, `pulumi ${args.slice(0, 2).join(" ")}: ${all}`);
  return stdout;
}

async function ask(tools: Toolchain, args: string[], input?: string) {
  const { execa } = await import("execa");
  const options = { cwd: ROOT, env: tools.env, reject: false, all: true } as const;
  const stdin = input === undefined ? ({ stdin: "ignore" } as const) : { input };
  return execa(tools.pulumi, [...args, ...FLAGS], { ...options, ...stdin });
}
