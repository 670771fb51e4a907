import { execa } from "execa";

/** Returns the standard output of one docker command. */
export async function docker(...args: string[]): Promise<string> {
  return (await execa("docker", args)).stdout;
}

/** @throws Error when there is none yet */
export async function newestNodeImage(): Promise<string> {
  const [newest] = (await docker("images", "--format", "{{.Repository}}:{{.Tag}}", "podlab/node")).split("\n");
  if (!newest) throw new Error("there is no image podlab/node yet; npm start makes it");
  return newest;
}
