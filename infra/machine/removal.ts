/** Removes containers and networks of a lab from the machine. */
import { Docker, DockerError, unlessGone } from "./docker.ts";

/** A host goes in a second; sixteen at once on a busy machine have taken more than twenty. */
const REMOVAL_MS = 180_000;

/** Removes it as `docker rm --force --volumes` does: killed, not stopped, for nothing in a lab needs a farewell. */
export async function removeContainer({ id }: { id: string }, docker = new Docker()): Promise<void> {
  const removal = docker.call("DELETE", `/containers/${id}`, {
    query: { force: "true", v: "true" },
    within: REMOVAL_MS,
  });
  await unlessGone(removal).catch((error: Error) => {
    if (!/already in progress/i.test(error.message)) throw error;
  });
}

/** Removes it; what is plugged in is unplugged first. */
export async function removeNetwork({ id }: { id: string }, docker = new Docker()): Promise<void> {
  const remove = () => unlessGone(docker.call("DELETE", `/networks/${id}`, { within: REMOVAL_MS }));
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof DockerError) || !/active endpoints/i.test(error.message)) throw error;
    const found = await unlessGone(docker.get<{ Containers?: Record<string, unknown> | null }>(`/networks/${id}`));
    for (const container of Object.keys(found?.Containers ?? {})) {
      const body = { Container: container, Force: true };
      await docker.call("POST", `/networks/${id}/disconnect`, { body }).catch(() => undefined); // removal says what is wrong
    }
    await remove();
  }
}
