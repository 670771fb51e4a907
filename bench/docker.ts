import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Returns the standard output of one docker command. */
export async function docker(...args: string[]): Promise<string> {
  return (await promisify(execFile)("docker", args, { maxBuffer: 64 * 1024 * 1024 })).stdout;
}

/** The lines of an answer, without empty ones. */
export const lines = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

/** @throws Error when there is none yet */
export async function newestNodeImage(): Promise<string> {
  const [newest] = lines(await docker("images", "--format", "{{.Repository}}:{{.Tag}}", "podlab/node"));
  if (newest === undefined) throw new Error("there is no image podlab/node yet; npm start makes it");
  return newest;
}
