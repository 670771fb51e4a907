/** The program's door to the machine's Docker engine, for questions only. What it makes, it makes through resources. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Longest wait for one answer: a healthy engine needs a tenth of a second. */
const TIMEOUT_MS = 20_000;

/** Standard output of one docker command. @throws Error with the engine's own words. */
export async function docker(...args: string[]): Promise<string> {
  try {
    const { stdout } = await run("docker", args, { timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stderr, killed } = error as { stderr?: string; killed?: boolean };
    const said = killed ? `no answer within ${TIMEOUT_MS / 1000} s` : (stderr ?? String(error)).trim();
    throw new Error(`docker ${args.slice(0, 2).join(" ")}: ${said}`);
  }
}

/** The lines of an answer, without empty ones. */
export function lines(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
