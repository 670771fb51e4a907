/** What ends a process that a user waits for: Ctrl-C, `kill`, a closed terminal. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs work that these signals abort; when it has ended because of one, the
 * process ends by that signal, as its parent expects. A signal that comes again while the work ends changes nothing:
 * a single Ctrl-C arrives from the terminal and from npm, which passes it on.
 */
export async function endedBySignals<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const listen = (signal: NodeJS.Signals) => {
    if (received) return;
    received = signal;
    process.stderr.write(`\npodlab: ${signal}: ending what runs; the next run goes on from here\n`);
    controller.abort(new Error(`interrupted by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!received) throw error;
    for (const signal of SIGNALS) process.off(signal, listen);
    process.kill(process.pid, received);
    return await new Promise<never>(() => {}); // the signal takes effect at the next turn
  } finally {
    for (const signal of SIGNALS) process.off(signal, listen);
  }
}
