/**
 * What a namespace does to a packet that it makes, receives or passes on. The order of things is the kernel's:
 * net/ipv4/ip_output.c, ip_input.c, ip_forward.c, route.c, with netfilter's hooks between them. What a comment calls
 * "seen" was tried with real packets on Linux 6.18.
 */
import { isIPv6 } from "../spec/address.ts";
import type { HookInterfaces } from "./chains.ts";
import { translate } from "./conntrack.ts";
import type { Arrival, Delivered, Held, Lost, Next } from "./held.ts";
import type { Step, Why } from "./hop.ts";
import { leave } from "./link.ts";
import { natDestination, natSource } from "./nat.ts";
import { mayFragment, wireSize } from "./packet.ts";
import { refusedByRoute, refusedByRule, refusedBySource, refusedToMany } from "./refusals.ts";
import type { Decision } from "./table.ts";
import type { Traversal } from "./traversal.ts";
import { unwrap } from "./tunnel.ts";

/** The packet is made here (ip_local_out): route, NAT, filter. */
export function output(traversal: Traversal, made: Held): Next {
  const { at, steps } = made;
  let packet = made.packet;
  const route = at.table.lookup(packet.destination);
  const refused = refusedByRoute(traversal, made, packet, route, true) ?? refusedBySource(traversal, made, route);
  if (refused !== undefined) return refused;
  const toMany = refusedToMany(traversal, made, route);
  if (toMany !== undefined) return toMany;
  const out = route.kind === "unicast" ? route.dev : undefined;
  if (packet.source === "") {
    return traversal.lost(
      made,
      "output",
      { kind: "no-source-address", interface: out?.name ?? "lo" },
      { atCall: true },
    );
  }
  // The socket layer refuses what can't leave whole; what the kernel makes itself is small.
  if (out !== undefined && packet.size > out.mtu && packet.df) {
    const why: Why = { kind: "mtu", mtu: out.mtu, size: packet.size, interface: out.name };
    return traversal.lost(made, "output", why, { atCall: true, error: { kind: "fragmentation-needed", mtu: out.mtu } });
  }
  const track = made.track ?? traversal.see(at, packet);
  const ports = { out: out?.name ?? "lo" };
  if (track !== undefined) packet = natDestination(traversal, at, "OUTPUT", packet, track, ports, steps);
  // ip_route_me_harder: a new destination has a way of its own, but the source address stays.
  const way = packet.destination === made.packet.destination ? route : at.table.lookup(packet.destination);
  const held: Held = { ...made, packet, track };
  const rerouted = refusedByRoute(traversal, held, packet, way, true) ?? refusedBySource(traversal, held, way);
  // The socket's own lookup had found a way: a SYN that then can't leave is sent again and again (tcp_connect takes no
  // notice), while a datagram's sender is told by sendmsg(2). Seen.
  if (rerouted !== undefined) return packet.protocol === "tcp" ? silently(rerouted) : rerouted;
  const filtered = refusedByRule(traversal, "OUTPUT", held, ports);
  if (filtered !== undefined) return filtered;
  if (way.kind === "unicast") {
    steps.push({ kind: "route", route: way.route });
    return leave(traversal, held, way);
  }
  return sendToItself(traversal, held);
}

/** A namespace sends to itself: over lo, without a link and without PREROUTING's NAT, which OUTPUT's stands for. */
function sendToItself(traversal: Traversal, made: Held): Next {
  const packet = made.track
    ? natSource(made.at, made.packet, made.track, undefined, made.packet.destination, made.steps)
    : made.packet;
  if (made.track) traversal.confirm(made.at, packet, made.track);
  traversal.seen(made.at, "lo", "out", packet, made.steps);
  const steps: Step[] = [];
  traversal.seen(made.at, "lo", "in", packet, steps);
  return takeIn(traversal, { at: made.at, packet, track: made.track, steps }, { in: "lo" });
}

/** The packet came in by an interface (ip_rcv). */
export function receive(traversal: Traversal, { at, on, packet: arrived, bridged = [], prerouted }: Arrival): Next {
  const ending: Step[] = [...bridged];
  traversal.seen(at, on.name, "in", arrived, ending);
  const steps: Step[] = [];
  const track = prerouted ? prerouted.track : traversal.see(at, arrived);
  const packet =
    track && !prerouted ? natDestination(traversal, at, "PREROUTING", arrived, track, { in: on.name }, steps) : arrived;
  const held: Held = { at, packet, track, on, steps, ending };
  // IPv4 drops what claims to come from here (fib_validate_source); IPv6 has no such check.
  if (!isIPv6(packet.source) && at.table.holds(packet.source)) {
    return traversal.lost(held, "routing", { kind: "martian-source", source: packet.source });
  }
  const way = at.table.lookup(packet.destination);
  if (way.kind === "local") {
    ending.push(...steps);
    return takeIn(traversal, { ...held, steps: ending }, { in: on.name });
  }
  // A frame for one, to an address of many of this namespace: taken in, and never answered (tcp_v4_rcv, icmp_echo_ignore_broadcasts).
  if (way.kind === "broadcast") {
    return traversal.lost(held, "socket", { kind: "to-many", address: packet.destination });
  }
  return forward(traversal, held, way);
}

/** The packet is for somebody else (ip_forward). */
function forward(traversal: Traversal, held: Held, way: Decision): Next {
  const { at, packet, on, steps } = held;
  // Without forwarding nothing is told, not even of a missing route (ip_error). IPv6 tells of that all the same
  // (ip6_pkt_drop). Seen.
  if (!at.netns.forwarding && (way.kind === "unicast" || !isIPv6(packet.destination)))
    return traversal.lost(held, "routing", {
      kind: "not-forwarding",
      ...(isIPv6(packet.destination) ? { family: 6 } : {}),
    });
  const refused = refusedByRoute(traversal, held, packet, way, false);
  if (refused !== undefined) return refused;
  if (way.kind !== "unicast") throw new Error(`a ${way.kind} way can't be forwarded to`);
  if (packet.ttl <= 1) return traversal.lost(held, "routing", { kind: "ttl" }, { error: { kind: "time-exceeded" } });
  // Before the filter: a rejecting router still says first that the packet is too large. Seen.
  if (wireSize(packet) > way.dev.mtu && !mayFragment(packet)) {
    const why: Why = { kind: "mtu", mtu: way.dev.mtu, size: wireSize(packet), interface: way.dev.name };
    return traversal.lost(held, "routing", why, { error: { kind: "fragmentation-needed", mtu: way.dev.mtu } });
  }
  const onward: Held = { ...held, packet: { ...packet, ttl: packet.ttl - 1 } };
  const filtered = refusedByRule(traversal, "FORWARD", onward, { ...(on && { in: on.name }), out: way.dev.name });
  if (filtered !== undefined) return filtered;
  steps.push({ kind: "forward", route: way.route });
  return leave(traversal, onward, way);
}

/** The packet is for this namespace (ip_local_deliver). */
function takeIn(traversal: Traversal, held: Held, ports: HookInterfaces): Arrival | Delivered | Lost {
  const { at, track, steps } = held;
  const filtered = refusedByRule(traversal, "INPUT", held, ports);
  if (filtered !== undefined) return filtered;
  const packet = track ? translate(held.packet, track, "source", steps) : held.packet;
  if (track) traversal.confirm(at, packet, track);
  if (packet.vxlan !== undefined) return unwrap(traversal, { ...held, packet });
  steps.push({ kind: "deliver" });
  return { kind: "delivered", at, packet, ...(track && { track }) };
}

function silently({ error: _, ...lost }: Lost): Lost {
  return { ...lost, atCall: false };
}
