/**
 * A packet's way into a VXLAN tunnel and out of it (RFC 7348): an Ethernet frame in UDP between two hosts' addresses. Linux gives the
 * outer packet a TTL of its own (`ip link … ttl` absent: the route's default of 64) and leaves DF unset on it (ip-link(8), `df unset`).
 */
import { addressVersion } from "../spec/address.ts";
import type { Arrival, Held, Lost, Next } from "./held.ts";
import type { Why } from "./hop.ts";
import type { Interface } from "./netns.ts";
import type { Namespace } from "./network.ts";
import { DEFAULT_TTL, type Packet } from "./packet.ts";
import type { Traversal } from "./traversal.ts";

/** Outer IP, UDP and VXLAN header and the inner Ethernet header. */
const OVERHEAD = { 4: 20 + 8 + 8 + 14, 6: 40 + 8 + 8 + 14 } as const;
/** A tunnel in a tunnel in a tunnel is a loop; the kernel gives up as well (net/core/dev.c, XMIT_RECURSION_LIMIT). */
const MAX_DEPTH = 3;

type Vxlan = NonNullable<Interface["vxlan"]>;

/** The packet leaves by a VXLAN interface: another packet is made, which carries it. */
export function wrap(traversal: Traversal, inner: Held, dev: Interface, vxlan: Vxlan, nextHop: string): Next {
  const { at, packet, steps } = inner;
  const outer = encapsulate(vxlan, packet, nextHop);
  if (outer === undefined) {
    const why: Why = { kind: "no-peer", address: nextHop, vxlan: vxlan.id };
    return traversal.lost(inner, "neighbour", why, { error: { kind: "host-unreachable" } });
  }
  traversal.seen(at, dev.name, "out", packet, steps);
  // A VTEP that is the sender's own takes the packet at once, whoever its frame is for (vxlan_encap_bypass_if_local).
  if (at.table.holds(outer.destination)) return { kind: "arrived", at, on: dev, packet };
  const made: Held = {
    at,
    packet: outer,
    steps: [{ kind: "encapsulate", vxlan: vxlan.id, vtep: outer.destination }],
  };
  // Where the peer is reached by this very interface, nothing is sent (udp_tunnel_dst_lookup). Seen.
  const way = at.table.lookup(outer.destination);
  const circular = way.kind === "unicast" && way.dev === dev;
  if (circular || nestedTooDeep(outer)) return traversal.lost(made, "output", { kind: "tunnel-loop", vxlan: vxlan.id });
  return { kind: "made", held: made };
}

/** The packet that arrived carries another one, which goes on from here. */
export function unwrap(traversal: Traversal, outer: Held): Arrival | Lost {
  const { at, packet, steps } = outer;
  const { id, inner, nextHop } = packet.vxlan!;
  const dev = vtepFor(at, packet);
  if (dev === undefined || !isPeer(dev, packet)) {
    return traversal.lost(outer, "link", { kind: "not-the-peer", address: nextHop, vxlan: id });
  }
  steps.push({ kind: "decapsulate", vxlan: id });
  return { kind: "arrived", at, on: dev, packet: inner };
}

/** The packet that carries `inner` to whoever the FDB says is behind `nextHop`; undefined when it says nobody. */
function encapsulate(vxlan: Vxlan, inner: Packet, nextHop: string): Packet | undefined {
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
function vtepFor(at: Namespace, outer: Packet): Interface | undefined {
  return at.netns.interfaces.find(
    ({ vxlan }) =>
      vxlan !== undefined &&
      vxlan.id === outer.vxlan?.id &&
      vxlan.port === outer.destinationPort &&
      vxlan.local === outer.destination,
  );
}

/** True when the frame inside is addressed to this interface: the FDB's and the ARP entry's host are the same. */
function isPeer(dev: Interface, outer: Packet): boolean {
  return dev.addresses.some((cidr) => cidr.startsWith(`${outer.vxlan?.nextHop}/`));
}

/** True when a packet that leaves by a VXLAN interface is one that a VXLAN interface already wrapped too often. */
function nestedTooDeep(packet: Packet): boolean {
  let depth = 0;
  for (let inner: Packet | undefined = packet; inner?.vxlan !== undefined; inner = inner.vxlan.inner) depth += 1;
  return depth >= MAX_DEPTH;
}
