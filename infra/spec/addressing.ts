/** Which address of a subnet is whose, decided in one place. */
import type { Subnet } from "./address.ts";

/** The router's on a segment: the first, as gateways have it. */
export const routerAddress = (segment: Subnet): string => nth(segment, 1);

/** A node's on its segment, unless the spec gives another. */
export const nodeAddress = (segment: Subnet): string => nth(segment, 2);

/** The one that Docker's IPAM must keep as a gateway although nothing holds it: the highest, where nobody misses it. */
export const reservedAddress = (segment: Subnet): string => nth(segment, -2);

/** A bridge's in its pod subnet: the first. */
export const bridgeAddress = (podSubnet: Subnet): string => nth(podSubnet, 1);

/** The server's in the lab's internet, unless the spec gives another: 203.0.113.10, 2001:db8::10. */
export const serverAddress = (internet: Subnet): string => nth(internet, internet.version === 4 ? 10 : 0x10);

/** A MAC address made from an IPv4 address: locally administered (IEEE 802), and Docker's choice for its containers. */
export const macOf = (address: string): string =>
  ["02", "42", ...address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"))].join(":");

/** The n-th address, or the network's own where the subnet is too small for it; rules.ts then says so. */
function nth(subnet: Subnet, n: number): string {
  try {
    return subnet.at(n);
  } catch {
    return subnet.network;
  }
}
