/** What follows a TCP handshake. */
import { failed, misdirected, strayed, type Walk } from "./heard.ts";
import type { Delivered, Fate } from "./held.ts";
import type { Drop } from "./hop.ts";
import type { Namespace } from "./network.ts";
import { answering, type Packet } from "./packet.ts";
import type { Traversal } from "./traversal.ts";

/**
 * The data after a TCP handshake, walked only when it may fare otherwise. Conntrack lets a stray SYN-ACK pass untouched and
 * takes the next packet for a new connection, with the NAT and filter rules for one; and rules may refuse what belongs to a
 * connection. An ICMP error about data ends no connection (RFC 1122, 4.2.3.9), but it is told.
 */
export function conversation(
  traversal: Traversal,
  sender: Namespace,
  syn: Packet,
  server: Namespace,
  synAck: Packet,
): Omit<Walk, "forward" | "reply"> | undefined {
  const data: Packet = { ...syn, message: "data" };
  const asked = traversal.send(sender, data, "forward", []);
  if (asked.kind === "lost") {
    const { forward: _, reply: __, ...heard } = failed(traversal, sender, data, asked, []);
    return heard;
  }
  if (!isOf(asked, server, synAck)) {
    return resetFor(traversal, sender, syn, asked, strayed("forward", asked, syn.destination));
  }
  const told = traversal.send(server, { ...synAck, message: "data" }, "reply", []);
  if (told.kind === "lost") return { outcome: "timeout", dropped: told.drop };
  const dropped = misdirected(sender, syn, told);
  if (dropped === undefined) return undefined;
  // Whoever got it resets what he does not know. Where that reaches the server, it is the server who no longer knows.
  const end = reset(traversal, told, "forward");
  const next = end.kind === "delivered" && isOf(end, server, synAck) && traversal.send(sender, data, "forward", []);
  if (!next || next.kind === "lost") return { outcome: "timeout", dropped };
  return resetFor(traversal, sender, syn, next, dropped);
}

/** Whether a packet belongs to the connection that the server answered with `synAck`. */
function isOf({ at, packet }: Delivered, server: Namespace, synAck: Packet): boolean {
  return at === server && packet.source === synAck.destination && packet.destination === synAck.source;
}

/** A TCP packet of no connection is answered with a RST (RFC 9293, 3.10.7.1). */
function reset(traversal: Traversal, { at, packet }: Delivered, leg: Drop["leg"]): Fate {
  return traversal.send(at, answering(packet, "rst", packet.size), leg, []);
}

/** What the sender hears of its data when nobody knows its connection there. */
function resetFor(traversal: Traversal, sender: Namespace, syn: Packet, got: Delivered, dropped: Drop) {
  const fate = reset(traversal, got, "reply");
  const heard = fate.kind === "delivered" && misdirected(sender, syn, fate) === undefined;
  return { outcome: heard ? ("refused" as const) : ("timeout" as const), dropped };
}
