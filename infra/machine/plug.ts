/** Containers plugged into the machine's networks, and out of them. */
import { docker } from "./docker.ts";
import { asked, engineSocket } from "./engineApi.ts";

/** @param network its id. @throws Error in the engine's own words */
export async function plugIn(container: string, network: string, address: string): Promise<void> {
  const socketPath = engineSocket();
  if (socketPath === undefined) {
    await docker("network", "connect", "--ip", address, network, container);
    return;
  }
  const how = { Container: container, EndpointConfig: { IPAMConfig: { IPv4Address: address } } };
  await asked({ socketPath }, "POST", `/networks/${network}/connect`, how);
}

/** @throws Error in the engine's own words */
export async function plugOut(container: string, network: string): Promise<void> {
  const socketPath = engineSocket();
  if (socketPath === undefined) {
    await docker("network", "disconnect", network, container);
    return;
  }
  await asked({ socketPath }, "POST", `/networks/${network}/disconnect`, { Container: container });
}
