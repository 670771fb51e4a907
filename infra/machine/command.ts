/** Programs of this machine whose output is read. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** In any other language, numbers and words of a program's output may differ (locale(7)). */
export const READABLE = { LC_ALL: "C" } as const;

/** Longest wait for a program, in milliseconds: they need some hundredths of a second, and on a busy machine a few seconds. */
const LONGEST = 20_000;

/**
 * Returns the standard output of a program.
 * @param timeout milliseconds
 * @throws CommandFailed in the program's own words, or with the limit
 */
export async function outputOf(file: string, args: readonly string[], timeout = LONGEST): Promise<string> {
  // SIGKILL: one that was stopped by a signal would not end of any other.
  const options = {
    timeout,
    killSignal: "SIGKILL" as const,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...READABLE },
  };
  return promisify(execFile)(file, args, options).then(
    ({ stdout }) => stdout,
    (error: ExecError) => {
      throw new CommandFailed(file, error, timeout);
    },
  );
}

type ExecError = Error & { code?: string | number | null; killed?: boolean; stderr?: string };

export class CommandFailed extends Error {
  override name = "CommandFailed";
  /** Undefined where it did not end by itself. */
  readonly exitCode: number | undefined;
  readonly isMissing: boolean;

  constructor(file: string, { code, killed, stderr = "", message }: ExecError, timeout: number) {
    const isMissing = code === "ENOENT";
    const said = stderr.trim().split("\n")[0] || (typeof code === "number" ? `exit code ${code}` : message);
    super(isMissing ? `there is no command ${file}` : `${file}: ${killed ? `no end after ${timeout / 1000} s` : said}`);
    this.exitCode = typeof code === "number" ? code : undefined;
    this.isMissing = isMissing;
  }
}
