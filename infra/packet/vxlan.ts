/**
 * VXLAN (RFC 7348): an Ethernet frame in UDP between two hosts' addresses. Linux gives the outer packet a TTL of its own
 * (`ip link … ttl` absent: the route's default of 64) and leaves DF unset on it (ip-link(8), `df unset`).
 */
import { addressVersion } from "../spec/address.ts";
import type { Interface } from "./netns.ts";
import type { Namespace } from "./network.ts";
import { DEFAULT_TTL, type Packet } from "./packet.ts";

/** Outer IP, UDP and VXLAN header and the inner Ethernet header. */
const OVERHEAD = { 4: 20 + 8 + 8 + 14, 6: 40 + 8 + 8 + 14 } as const;
/** A tunnel in a tunnel in a tunnel is a loop; the kernel gives up as well (net/core/dev.c, XMIT_RECURSION_LIMIT). */
const MAX_DEPTH = 3;

type Vxlan = NonNullable<Interface["vxlan"]>;

/** The packet that carries `inner` to whoever the FDB says is behind `nextHop`; undefined when it says nobody. */
export function encapsulate(vxlan: Vxlan, inner: Packet, nextHop: string): Packet | undefined {
  const peer = vxlan.peers.find((one) => one.inner === nextHop);
  if (peer === undefined) return undefined;
  return {
    protocol: "udp",
    message: "datagram",
    source: vxlan.local,
    destination: peer.vtep,
    // Linux hashes the flow into the source port; which one it is decides nothing here.
    sourcePort: 49152,
    destinationPort: vxlan.port,
    ttl: DEFAULT_TTL,
    size: inner.size + OVERHEAD[addressVersion(peer.vtep)],
    df: false,
    vxlan: { id: vxlan.id, nextHop, inner },
  };
}

/** The interface that takes an outer packet: its VNI, its port and, where it is bound to one, its address. */
export function vtepFor(at: Namespace, outer: Packet): Interface | undefined {
  return at.netns.interfaces.find(
    ({ vxlan }) =>
      vxlan !== undefined &&
      vxlan.id === outer.vxlan?.id &&
      vxlan.port === outer.destinationPort &&
      vxlan.local === outer.destination,
  );
}

/** True when the frame inside is addressed to this interface: the FDB's and the ARP entry's host are the same. */
export function isPeer(dev: Interface, outer: Packet): boolean {
  return dev.addresses.some((cidr) => cidr.startsWith(`${outer.vxlan?.nextHop}/`));
}

/** True when a packet that leaves by a VXLAN interface is one that a VXLAN interface already wrapped too often. */
export function nestedTooDeep(packet: Packet): boolean {
  let depth = 0;
  for (let inner: Packet | undefined = packet; inner?.vxlan !== undefined; inner = inner.vxlan.inner) depth += 1;
  return depth >= MAX_DEPTH;
}
