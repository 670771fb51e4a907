/** The Docker engines of a lab's machines (https://docs.docker.com/engine/swarm/): the first is the one that docker talks to. */
import type { MachinePlan } from "../plan/plan.ts";
import { isAddress } from "../spec/names.ts";
import { Docker, DockerError } from "./docker.ts";
import { dockerEndpoint } from "./endpoint.ts";

/** What is on a machine other than the first says which. */
export interface OnMachine {
  readonly machine?: MachinePlan | undefined;
}

/** Returns the engine that something is on. @throws UserError where its context is not there */
export function engineOf({ machine }: OnMachine): Docker {
  if (machine === undefined) return new Docker();
  const { DOCKER_HOST: _, ...env } = process.env;
  const named = isAddress(machine.host) ? { DOCKER_HOST: machine.host } : { DOCKER_CONTEXT: machine.host };
  return new Docker(dockerEndpoint({ ...env, ...named }));
}

/** @throws DockerError that names the machine */
export async function onMachine<T>(
  machine: MachinePlan | undefined,
  asked: (docker: Docker) => Promise<T>,
): Promise<T> {
  const one = async () => asked(engineOf({ machine }));
  return one().catch((error: Error) => {
    if (machine === undefined) throw error;
    throw new DockerError(`machine ${machine.name}: ${error.message}`, { cause: error });
  });
}

/** Pure. Returns the machines besides the first, each once. */
export function machinesOf(all: readonly OnMachine[]): MachinePlan[] {
  return [...new Map(all.flatMap(({ machine }) => (machine ? [[machine.name, machine] as const] : []))).values()];
}

/** As a label says it. */
export const machineText = ({ name, host }: MachinePlan): string => `${name} ${host}`;

export function machineIn(text: string): MachinePlan | undefined {
  const [, name, host] = /^(\S+) (\S+)$/.exec(text) ?? [];
  return name && host ? { name, host } : undefined;
}
