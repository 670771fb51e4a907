/** Removes containers and networks of a lab from the machine. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Docker, DockerError, unlessGone } from "./docker.ts";
import type { MachineContainer, MachineNetwork } from "./inventory.ts";
import { engineOf } from "./machines.ts";

/** A host goes in a second; sixteen at once on a busy machine have taken more than twenty. */
const REMOVAL_MS = 180_000;

/** Removes it as `docker rm --force --volumes` does: killed, not stopped, for nothing in a lab needs a farewell. */
export async function removeContainer({ id, machine }: MachineContainer): Promise<void> {
  const docker = engineOf({ machine });
  const removal = docker.call("DELETE", `/containers/${id}`, {
    query: { force: "true", v: "true" },
    within: REMOVAL_MS,
  });
  await unlessGone(removal).catch((error: Error) => {
    if (!/already in progress/i.test(error.message)) throw error;
  });
}

/** What an engine says of a network that something is plugged into: its own, or Swarm. */
const IN_USE = /active endpoints|in use by task/i;
/** Swarm takes a moment to see that a container was unplugged on another machine. */
const SWARM_MS = 15_000;

/** Removes it; what is plugged in is unplugged first. */
export async function removeNetwork({ id, machine, leadsTo }: MachineNetwork): Promise<void> {
  const docker = engineOf({ machine });
  const remove = () => unlessGone(docker.call<void>("DELETE", `/networks/${id}`, { within: REMOVAL_MS }));
  const isInUse = (error: unknown) => error instanceof DockerError && IN_USE.test(error.message);
  try {
    return await remove();
  } catch (error) {
    if (!isInUse(error)) throw error;
  }
  await Promise.all([docker, ...(leadsTo ? [engineOf({ machine: leadsTo })] : [])].map((one) => unplugAll(one, id)));
  for (const until = Date.now() + (leadsTo ? SWARM_MS : 0); ; await sleep(500)) {
    try {
      return await remove();
    } catch (error) {
      if (!isInUse(error) || Date.now() > until) throw error;
    }
  }
}

async function unplugAll(docker: Docker, network: string): Promise<void> {
  const found = await unlessGone(docker.get<{ Containers?: Record<string, unknown> | null }>(`/networks/${network}`));
  for (const container of Object.keys(found?.Containers ?? {})) {
    const body = { Container: container, Force: true };
    await docker.call("POST", `/networks/${network}/disconnect`, { body }).catch(() => undefined); // removal says what is wrong
  }
}
