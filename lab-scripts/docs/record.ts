/** Runs the commands of a page on real labs and writes down what they said. */
import { execa } from "execa";
import { EXIT, Failure } from "../exit.ts";
import { ROOT } from "../lab/project.ts";
import { type Section, sectionsOf, startedIn, withOutputs } from "./page.ts";

/** A lab that is built takes some ten seconds, on a busy machine a minute. */
const LIMIT_MS = 300_000;

export interface RecordOptions {
  /** Only sections that start this stack's lab; all when absent. */
  readonly stack?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/**
 * The page with today's outputs. Every section begins on a machine without its labs, and leaves none behind.
 * @throws Failure when no section starts the stack (exit code 3), or a command does not end (2)
 */
export async function recorded(page: string, options: RecordOptions): Promise<string> {
  const { stack } = options;
  const chosen = sectionsOf(page).filter((section) => stack === undefined || startedIn(section).includes(stack));
  if (chosen.length === 0) throw new Failure(EXIT.badInput, `no section of the page starts ${stack}`);
  const outputs = new Map<number, string[]>();
  for (const section of chosen) await record(section, outputs, options);
  return withOutputs(page, outputs);
}

async function record(
  section: Section,
  outputs: Map<number, string[]>,
  { env, signal, tell }: RecordOptions,
): Promise<void> {
  const labs = startedIn(section);
  const run = (command: string, limits: object = {}) =>
    execa("sh", ["-c", command], {
      cwd: ROOT,
      env: { ...env, NO_COLOR: "1", FORCE_COLOR: "0" },
      reject: false,
      timeout: LIMIT_MS,
      ...limits,
    });
  const stop = () => Promise.all(labs.map((lab) => run(`npm --silent stop -- ${lab}`)));
  tell(section.heading);
  await stop(); // what is there may have been broken
  try {
    for (const { number, text } of section.commands) {
      signal.throwIfAborted();
      tell(`  $ ${text}`);
      // What npm says of itself and podlab's progress are left out; of all others both outputs are written down.
      const command = text.startsWith("npm ") ? text.replace(/^npm /, "npm --silent ") : `{ ${text}; } 2>&1`;
      const { stdout, timedOut } = await run(command, { cancelSignal: signal });
      signal.throwIfAborted();
      if (timedOut) throw new Failure(EXIT.notProved, `${text} did not end within ${LIMIT_MS / 1000} s`);
      outputs.set(number, linesOf(stdout));
    }
  } finally {
    await stop();
  }
}

function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trimEnd());
  while (lines.at(0) === "") lines.shift();
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
