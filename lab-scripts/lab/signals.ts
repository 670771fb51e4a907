/** Ctrl-C while Pulumi works: it ends in good order, and notes down what it has made. */
import { SIGNALS } from "../setup/interruption.ts";

/** Signals closer than this are one: a single Ctrl-C arrives from the terminal, from npm and from the bootstrap. */
const SAME_SIGNAL_MS = 1000;

/**
 * Runs work that signals abort. What Pulumi waits for may never come; asked twice, it waits no more.
 * @returns its result, and whether a signal came
 */
export async function interruptible<T>(
  work: (interruption: AbortController) => Promise<T>,
): Promise<{ result: T; interrupted: boolean }> {
  const interruption = new AbortController();
  let last = 0;
  const listen = (signal: NodeJS.Signals) => {
    const first = last === 0;
    const repeated = Date.now() - last < SAME_SIGNAL_MS;
    last = Date.now();
    if (repeated) return;
    // Of a terminal's Ctrl-C Pulumi hears by itself, the second time as well.
    const alone = signal === "SIGINT" && process.stdin.isTTY;
    if (first) {
      process.stderr.write(`\npodlab: ${signal}: ending in good order; once more to stop at once\n`);
      if (!alone) interruption.abort();
    } else if (!alone) process.exit(130);
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  try {
    return { result: await work(interruption), interrupted: last > 0 };
  } finally {
    for (const signal of SIGNALS) process.off(signal, listen);
  }
}
