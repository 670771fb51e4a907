import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

const LIMIT_MS = 5 * 60_000;

/**
 * Runs npm quietly, says what for and how long it took, and shows npm's own words only when it fails.
 * @throws when npm is not there, fails, or has not ended in time
 */
export async function npm(args, { cwd, env = process.env, what }) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  process.stderr.write(`podlab: installing ${what} …\n`);
  const heartbeat = setInterval(() => process.stderr.write(`podlab: … still installing, ${seconds()}\n`), 10_000);
  try {
    const all = [...args, "--no-audit", "--no-fund", "--loglevel=error"];
    const { status, output } = await run(all, { cwd, env });
    if (status !== 0) {
      const tail = output.trim().split("\n").slice(-15).join("\n");
      throw new Error(
        `\`npm ${all.join(" ")}\` ended with ${status} in ${cwd}; its last words:\n${tail}\n` +
          "Check that npm reaches its registry (`npm ping`), then run the command again.",
      );
    }
  } finally {
    clearInterval(heartbeat);
  }
  process.stderr.write(`podlab: installed in ${seconds()}\n`);
}

async function run(args, { cwd, env }) {
  const child = spawn("npm", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const collect = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const timer = setTimeout(() => child.kill("SIGTERM"), LIMIT_MS);
  // Ctrl-C ends npm; what it had half installed carries no stamp, so the next start installs again.
  let stopped;
  const stop = (signal) => {
    stopped = signal;
    child.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  try {
    const [code, signal] = await once(child, "close");
    if (stopped) throw interrupted(stopped);
    return { status: signal ?? code, output };
  } catch (error) {
    throw error.code === "ENOENT" ? new Error("npm is not on PATH. Install npm, which comes with Node.") : error;
  } finally {
    clearTimeout(timer);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, stop);
  }
}

function interrupted(signal) {
  const error = new Error(`interrupted by ${signal}; the next run installs what is missing`);
  return Object.assign(error, { exitCode: 128 + constants.signals[signal] });
}
