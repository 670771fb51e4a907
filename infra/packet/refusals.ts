/** What a namespace refuses to pass on: by its routes, or by its filter rules. */

import { isLoopback } from "../spec/address.ts";
import type { HookInterfaces } from "./chains.ts";
import type { Held, Lost } from "./held.ts";
import type { Place, Why } from "./hop.ts";
import type { FilterRule } from "./netns.ts";
import type { Packet } from "./packet.ts";
import type { Decision } from "./table.ts";
import type { Traversal } from "./traversal.ts";

const REFUSALS = {
  // A blackhole drops what it forwards in silence; the two others tell (net/ipv4/route.c, ip_error).
  blackhole: undefined,
  unreachable: "host-unreachable",
  prohibit: "prohibited",
} as const;

/** `atCall`: the sender's own kernel says so at once; else an ICMP error has to. */
export function refusedByRoute(
  traversal: Traversal,
  held: Held,
  packet: Packet,
  way: Decision,
  atCall: boolean,
): Lost | undefined {
  if (way.kind === "none") {
    const why: Why = { kind: "no-route", destination: packet.destination };
    return traversal.lost(held, "routing", why, { atCall, error: { kind: "net-unreachable" } });
  }
  if (way.kind !== "refuse") return undefined;
  const kind = REFUSALS[way.type];
  const why: Why = { kind: "route-type", type: way.type, route: way.route };
  return traversal.lost(held, "routing", why, { atCall, ...(kind && { error: { kind } }) });
}

/** By a loopback address nothing leaves: what DNAT sent elsewhere has it from when it was for the namespace itself. */
export function refusedBySource(traversal: Traversal, held: Held, way: Decision): Lost | undefined {
  const { source } = held.packet;
  if (way.kind !== "unicast" || !isLoopback(source)) return undefined;
  return traversal.lost(held, "routing", { kind: "loopback-source", source }, { atCall: true });
}

/** What is sent to many: TCP never is, and only multicast may be without a permission (ip_route_connect, raw_sendmsg). */
export function refusedToMany(traversal: Traversal, made: Held, way: Decision): Lost | undefined {
  if (way.kind !== "broadcast" && way.kind !== "multicast") return undefined;
  const { at, packet, steps } = made;
  const address = packet.destination;
  if (packet.protocol === "tcp") {
    return traversal.lost(
      made,
      "output",
      { kind: "to-many", address },
      { atCall: true, error: { kind: "net-unreachable" } },
    );
  }
  if (way.kind === "broadcast") {
    return traversal.lost(
      made,
      "output",
      { kind: "no-broadcast", address },
      { atCall: true, error: { kind: "prohibited" } },
    );
  }
  traversal.seen(at, way.dev.name, "out", packet, steps);
  return traversal.lost(made, "link", { kind: "to-many", address });
}

/** Notes the rule that accepts, when one does. */
export function refusedByRule(
  traversal: Traversal,
  chain: FilterRule["chain"],
  held: Held,
  ports: HookInterfaces,
): Lost | undefined {
  const { at, packet, track, steps } = held;
  const known = track?.state === "established" || track?.state === "related";
  const rule = at.chains.of(packet).filter(chain, packet, ports, known);
  if (rule === undefined) return undefined;
  const { action } = rule.rule;
  if (action === "accept") {
    steps.push({ kind: "filter", rule });
    return undefined;
  }
  const place = chain.toLowerCase() as Place;
  // What OUTPUT drops is lost like anything else: TCP sends its SYN again and again, and EPERM from sendmsg(2) says
  // no more than that. Seen.
  // REJECT without --reject-with is icmp-port-unreachable, for TCP too (iptables-extensions(8)).
  const error = action === "reject" ? { error: { kind: "port-unreachable" as const } } : {};
  return traversal.lost(held, place, { kind: "filter", action, rule }, error);
}
