/** From an interface of one namespace to one of another: NAT of the source, the neighbour, the link and a bridge with rules. */
import { isIPv6 } from "../spec/address.ts";
import type { Arrival, Held, Lost, Next } from "./held.ts";
import type { Step, Why } from "./hop.ts";
import { natDestination, natSource } from "./nat.ts";
import type { Interface } from "./netns.ts";
import type { Port } from "./network.ts";
import { wireSize } from "./packet.ts";
import { refusedByRule } from "./refusals.ts";
import type { Decision } from "./table.ts";
import type { Traversal } from "./traversal.ts";
import { wrap } from "./tunnel.ts";

/** Frames a little larger than the receiver's MTU pass: the check leaves room for a VLAN tag (is_skb_forwardable). */
const VLAN_TAG = 4;

/** The packet leaves by an interface: NAT of the source, then the neighbour's link-layer address (ip_finish_output). */
export function leave(traversal: Traversal, held: Held, way: Decision & { kind: "unicast" }): Next {
  const { at, track, steps } = held;
  const { dev, nextHop } = way;
  let packet = track ? natSource(at, held.packet, track, dev, nextHop, steps) : held.packet;
  if (track) traversal.confirm(at, packet, track);
  if (wireSize(packet) > dev.mtu) {
    steps.push({ kind: "fragment", mtu: dev.mtu });
    packet = { ...packet, fragment: dev.mtu };
  }
  const leaving: Held = { ...held, packet };
  if (dev.vxlan !== undefined) return wrap(traversal, leaving, dev, dev.vxlan, nextHop);
  const port = traversal.network.holder(dev.link, nextHop, at, asksAs(leaving, way));
  if (port === undefined) {
    const why: Why = { kind: "no-neighbour", address: nextHop, link: dev.link };
    return traversal.lost(leaving, "neighbour", why, { error: { kind: "host-unreachable" } });
  }
  traversal.seen(at, dev.name, "out", packet, steps);
  return cross(traversal, leaving, dev, port);
}

/** The packet is on a link, on its way to a port of it. A bridge there may have rules of its own to apply. */
function cross(traversal: Traversal, sent: Held, out: Interface, port: Port): Arrival | Lost {
  const bridge = traversal.network.bridgeOf(out.link);
  const ruled = bridge?.at.netns.bridgeNetfilter === true && bridge.at !== sent.at && !isIPv6(sent.packet.destination);
  return ruled ? passBridge(traversal, sent, out, port, bridge) : enter(traversal, sent, out, port);
}

/**
 * A bridge calls iptables for what passes it (net/bridge/br_netfilter_hooks.c): the packet stays a frame, so no TTL is
 * lowered. Where PREROUTING's NAT gives it a destination on the same bridge, it goes there without being routed. Seen.
 */
function passBridge(traversal: Traversal, sent: Held, out: Interface, port: Port, { at, dev }: Port): Arrival | Lost {
  const steps: Step[] = [];
  const track = traversal.see(at, sent.packet);
  const ports = { in: dev.name };
  const packet = track ? natDestination(traversal, at, "PREROUTING", sent.packet, track, ports, steps) : sent.packet;
  const held: Held = { at, packet, track, on: dev, steps };
  let target = port;
  if (packet.destination !== sent.packet.destination) {
    const way = at.table.lookup(packet.destination);
    // It stays on the bridge, yet the lookup that says so is the one for packets to be forwarded. Seen.
    if (way.kind !== "local" && !at.netns.forwarding)
      return traversal.lost(held, "routing", { kind: "not-forwarding" });
    const here = way.kind === "unicast" && way.dev === dev;
    const next = here ? traversal.network.holder(dev.link, way.nextHop, at, way.source) : { at, dev };
    if (next === undefined) {
      return traversal.lost(held, "neighbour", { kind: "no-neighbour", address: packet.destination, link: dev.link });
    }
    if (next.at === sent.at && !dev.hairpin)
      return traversal.lost(held, "forward", { kind: "same-port", bridge: dev.name });
    target = next;
  }
  if (target.at === at) return { kind: "arrived", at, on: dev, packet, bridged: steps, prerouted: { track } };
  const filtered = refusedByRule(traversal, "FORWARD", held, { ...ports, out: dev.name });
  if (filtered !== undefined) return filtered;
  const leaving = track ? natSource(at, packet, track, dev, packet.destination, steps) : packet;
  if (track) traversal.confirm(at, leaving, track);
  steps.push({ kind: "bridge", netns: at.id, interface: dev.name });
  return enter(traversal, { ...held, packet: leaving }, out, target);
}

function enter(traversal: Traversal, sent: Held, out: Interface, port: Port): Arrival | Lost {
  const { packet } = sent;
  const size = Math.min(wireSize(packet), out.mtu);
  // A veth takes no frame larger than its own MTU and tells nobody; a bridge's own interface takes any.
  if (port.dev.kind !== "bridge" && size > port.dev.mtu + VLAN_TAG) {
    const why: Why = { kind: "mtu", mtu: port.dev.mtu, size, interface: port.dev.name };
    return traversal.lost({ ...sent, at: port.at, on: undefined }, "link", why);
  }
  const bridged = sent.steps.at(-1)?.kind === "bridge" ? { bridged: sent.steps } : {};
  return { kind: "arrived", at: port.at, on: port.dev, packet, ...bridged };
}

/** The address an ARP request comes from: the packet's own source when it is the asker's (arp_announce 0). */
function asksAs(held: Held, way: Decision & { kind: "unicast" }): string | undefined {
  if (isIPv6(way.nextHop)) return undefined;
  return held.at.table.holds(held.packet.source) ? held.packet.source : way.source;
}
