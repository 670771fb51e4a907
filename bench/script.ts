/** The same lab by script.sh: plain docker commands. */
import { join } from "node:path";
import { newestNodeImage } from "./nodeImage.ts";
import type { Size } from "./size.ts";
import { costOf, type PeerRun, packetsForgotten } from "./stopwatch.ts";

export async function scriptRun({ hosts, pods }: Size): Promise<PeerRun> {
  const IMAGE = await newestNodeImage();
  const run = (verb: string) =>
    costOf(["sh", join(import.meta.dirname, "script.sh"), verb, String(hosts), String(pods)], { IMAGE });
  try {
    const up = await run("up");
    await run("check");
    await packetsForgotten();
    const down = await run("down");
    return { up: up.seconds, upCpu: up.cpu, down: down.seconds };
  } finally {
    await run("down");
  }
}
