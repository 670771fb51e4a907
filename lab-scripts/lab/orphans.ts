/**
 * What a run made and then could not note down, because it was killed in between: it carries the lab's labels, and the
 * state does not know it. Left alone, it would stand in the way of the next run by its name.
 */
import { removeContainer, removeNetwork } from "../../infra/machine/inTheWay.ts";
import type { LabObjects } from "./objects.ts";
import { readState } from "./state.ts";

/** Removes those of a lab's objects, and says so. @throws Failure when the state can't be read */
export async function removeOrphans(stack: string, { containers, networks }: LabObjects): Promise<void> {
  const known = readState(stack).ids;
  const orphans = {
    containers: containers.filter(({ id }) => !known.has(id)),
    networks: networks.filter(({ id }) => !known.has(id)),
  };
  const names = [...orphans.containers, ...orphans.networks].map(({ name }) => name);
  if (names.length === 0) return;
  process.stderr.write(`left of a run that was cut off, removed: ${names.join(", ")}\n`);
  await Promise.all(orphans.containers.map(removeContainer));
  await Promise.all(orphans.networks.map(removeNetwork));
}
