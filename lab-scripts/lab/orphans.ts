/**
 * What a run made and then could not note down, because it was killed in between: it carries the lab's labels, and the
 * state does not know it. Left alone, it would stand in the way of the next run by its name.
 */
import { readFileSync } from "node:fs";
import { docker } from "../../infra/machine/docker.ts";
import { Failure } from "../commands/failure.ts";
import { EXIT } from "../verify/exitCode.ts";
import { labObjects } from "./objects.ts";
import { stateFile } from "./project.ts";

/** Removes them, and says so. @throws Failure when the state can't be read */
export async function removeOrphans(stack: string, lab: string): Promise<void> {
  const known = idsInState(stack);
  const { containers, networks } = await labObjects(lab);
  const orphans = {
    containers: containers.filter(({ id }) => !known.has(id)),
    networks: networks.filter(({ id }) => !known.has(id)),
  };
  const names = [...orphans.containers, ...orphans.networks].map(({ name }) => name);
  if (names.length === 0) return;
  process.stderr.write(`left of a run that was cut off, removed: ${names.join(", ")}\n`);
  await Promise.all(orphans.containers.map(({ id }) => docker("rm", "--force", "--volumes", id)));
  await Promise.all(
    orphans.networks.map(async ({ id }) => {
      // A network that is in use lets go of what is plugged in first; the next run plugs that in again.
      const plugged = await docker(
        "network",
        "inspect",
        "--format",
        "{{range $id, $_ := .Containers}}{{$id}} {{end}}",
        id,
      );
      for (const one of plugged.trim().split(/\s+/).filter(Boolean))
        await docker("network", "disconnect", "--force", id, one);
      await docker("network", "rm", id);
    }),
  );
}

function idsInState(stack: string): Set<string> {
  const file = stateFile(stack);
  try {
    const state = JSON.parse(readFileSync(file, "utf8")) as {
      checkpoint?: { latest?: { resources?: { id?: string }[] } | null };
    };
    return new Set((state.checkpoint?.latest?.resources ?? []).flatMap(({ id }) => id ?? []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Set();
    throw new Failure(
      EXIT.notProved,
      `Pulumi's state of stack ${stack} can't be read (${(error as Error).message}); npm stop -- ${stack} removes the lab ` +
        "by its labels and forgets the state, then npm start builds it anew",
    );
  }
}
