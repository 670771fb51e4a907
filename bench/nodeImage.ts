/** The image that all who are measured start their containers from. */
import { docker, lines } from "./docker.ts";

/** @throws Error when there is none yet */
export async function newestNodeImage(): Promise<string> {
  const [newest] = lines(await docker("images", "--format", "{{.Repository}}:{{.Tag}}", "podlab/node"));
  if (newest === undefined) throw new Error("there is no image podlab/node yet; npm start makes it");
  return newest;
}
