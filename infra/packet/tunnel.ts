/** A packet's way into a VXLAN tunnel and out of it. */

import type { Arrival, Held, Lost, Next } from "./held.ts";
import type { Why } from "./hop.ts";
import type { Interface } from "./netns.ts";
import type { Traversal } from "./traversal.ts";
import { encapsulate, isPeer, nestedTooDeep, vtepFor } from "./vxlan.ts";

/** The packet leaves by a VXLAN interface: another packet is made, which carries it. */
export function wrap(
  traversal: Traversal,
  inner: Held,
  dev: Interface,
  vxlan: NonNullable<Interface["vxlan"]>,
  nextHop: string,
): Next {
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
