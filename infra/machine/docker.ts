/** The docker CLI, for what is done once in a while; what is asked in every run goes over the engine's API (engineApi.ts). */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Longest wait for one answer: a healthy engine needs a tenth of a second. */
const TIMEOUT_MS = 20_000;

/** A docker command that failed: which, and the engine's own words, or that it said nothing. */
export class DockerError extends Error {
  override name = "DockerError";
  /** What it had to tell all the same. */
  readonly stdout: string;

  constructor(message: string, stdout: string) {
    super(message);
    this.stdout = stdout;
  }
}

/** Standard output of one docker command. @throws DockerError */
export const docker = (...args: string[]): Promise<string> => dockerWithin(TIMEOUT_MS, ...args);

/** The same for what may take longer than an answer, such as removing a host on a busy machine. @param limit milliseconds */
export async function dockerWithin(limit: number, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run("docker", args, { timeout: limit, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stderr, stdout = "", killed } = error as { stderr?: string; stdout?: string; killed?: boolean };
    const said = killed ? silence(limit) : (stderr ?? String(error)).trim();
    throw new DockerError(`docker ${args.slice(0, 2).join(" ")}: ${said}`, stdout);
  }
}

/** @param limit milliseconds */
export const silence = (limit: number): string =>
  `no answer within ${limit / 1000} s: the Docker engine hangs, or has too much to do`;

/** What `docker inspect` says of several things, without those that are gone since they were listed. */
export async function inspectThere(...args: string[]): Promise<string> {
  return docker(...args).catch((error: DockerError) => {
    if (lines(error.message).every((line) => /no such|not found/i.test(line))) return error.stdout;
    throw error;
  });
}

/** The lines of an answer, without empty ones. */
export function lines(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** A container's or network's id as Docker prints it. */
export const shortId = (id: string): string => id.slice(0, 12);
