/** Containers plugged into the machine's networks, and out of them. */
import { asked, theEngine } from "./engineApi.ts";

/** @param network its id. @throws DockerError in the engine's own words */
export async function plugIn(container: string, network: string, address: string): Promise<void> {
  const how = { Container: container, EndpointConfig: { IPAMConfig: { IPv4Address: address } } };
  await asked(theEngine(), "POST", `/networks/${network}/connect`, how);
}

/** @throws DockerError in the engine's own words */
export async function plugOut(container: string, network: string): Promise<void> {
  await asked(theEngine(), "POST", `/networks/${network}/disconnect`, { Container: container });
}
