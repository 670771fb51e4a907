/**
 * The model's own packet: a question is walked to its target and the answer back, and what the sender would see of it is
 * typed as a probe's outcome would be. A pair works only if both ways do. Pure; nothing here knows what kind of network it is.
 */
import { conversation } from "./conversation.ts";
import { errorWalk, failed, misdirected, splitAnswer, type Walk } from "./heard.ts";
import type { Delivered } from "./held.ts";
import type { Hop } from "./hop.ts";
import type { Namespace, Network } from "./network.ts";
import { answering, DEFAULT_SIZE, DEFAULT_TTL, type Message, type Packet, type Protocol } from "./packet.ts";
import { Traversal } from "./traversal.ts";

export type { Walk } from "./heard.ts";

/** What is asked: the packet a sender's socket would make. */
export interface Probe {
  /** Namespace it starts in. */
  readonly from: string;
  /** Destination address. */
  readonly to: string;
  readonly protocol: Protocol;
  /** For tcp and udp; 0 when absent. */
  readonly port?: number;
  readonly ttl?: number;
  /** Bytes of the whole packet. */
  readonly size?: number;
  /** Don't fragment; TCP sets it of its own accord. */
  readonly df?: boolean;
  /** As if bound to it; absent: the kernel chooses. */
  readonly source?: string;
  /** Where a rule spreads connections over several endpoints: which one, counted from 0. */
  readonly pick?: number;
  /** Just this packet and its answer: nobody asks again, and what would follow a handshake is not walked. */
  readonly once?: boolean;
  /** The client's port, where it is known; any number does, since nothing in a walk competes for it. */
  readonly clientPort?: number;
}

/** The client's port or the echo's identifier unless told. */
const CLIENT_PORT = 40_000;

const QUESTION: Readonly<Record<Protocol, Message>> = { icmp: "echo-request", tcp: "syn", udp: "datagram" };

/** Walks one question and its answer. @throws Error when the sender is no namespace of the lab. */
export function walk(network: Network, probe: Probe): Walk {
  const traversal = new Traversal(network, probe.pick);
  const walked = walkIn(traversal, network, probe);
  return traversal.choices > 1 ? { ...walked, choices: traversal.choices } : walked;
}

/** The question once for each endpoint that a rule on its way may choose: it ends like one of these. */
export function walks(network: Network, probe: Probe): readonly Walk[] {
  const first = walk(network, probe.pick ? { ...probe, pick: 0 } : probe);
  if (first.choices === undefined) return [first];
  const others = Array.from({ length: first.choices - 1 }, (_, at) => walk(network, { ...probe, pick: at + 1 }));
  return [first, ...others];
}

function walkIn(traversal: Traversal, network: Network, probe: Probe): Walk {
  const sender = network.namespace(probe.from);
  const question = questionOf(sender, probe);
  const forward: Hop[] = [];
  const fate = traversal.send(sender, question, "forward", forward);
  if (fate.kind === "lost") return failed(traversal, sender, question, fate, forward);
  return answered(traversal, sender, question, fate, forward, probe.once);
}

function questionOf(sender: Namespace, probe: Probe): Packet {
  const { protocol, to, port = 0, ttl = DEFAULT_TTL, clientPort = CLIENT_PORT } = probe;
  return {
    protocol,
    message: QUESTION[protocol],
    source: probe.source ?? sender.table.sourceFor(to) ?? "",
    destination: to,
    sourcePort: clientPort,
    destinationPort: protocol === "icmp" ? clientPort : port,
    ttl,
    size: probe.size ?? DEFAULT_SIZE[protocol],
    df: probe.df ?? protocol === "tcp",
  };
}

/** The question arrived: who answers, and does the answer come back? */
function answered(
  traversal: Traversal,
  sender: Namespace,
  question: Packet,
  taken: Delivered,
  forward: Hop[],
  once = false,
): Walk {
  const { at, packet } = taken;
  const seen = { target: at.id, sourceSeen: packet.source, forward };
  const listener = at.netns.listeners.find(
    (one) => one.protocol === packet.protocol && one.port === packet.destinationPort && !one.dead,
  );
  const open = packet.protocol === "icmp" || listener !== undefined;
  // A closed UDP port answers by ICMP (RFC 1122, 4.1.3.1), a closed TCP port by RST (RFC 9293, 3.10.7.1).
  if (!open && packet.protocol === "udp") {
    const { errorDropped, ...rest } = errorWalk(
      traversal,
      sender,
      question,
      taken,
      { kind: "port-unreachable" },
      forward,
    );
    return { ...rest, ...seen, ...(errorDropped && { dropped: errorDropped }) };
  }
  const reply: Hop[] = [];
  const answer = answering(packet, answerTo(packet, open), packet.size);
  const fate = splitAnswer(traversal, at, answer, traversal.send(at, answer, "reply", reply), reply);
  const dropped = fate.kind === "lost" ? fate.drop : misdirected(sender, question, fate);
  if (dropped !== undefined || fate.kind === "lost") {
    const silent: Walk = { outcome: "timeout", ...seen, reply, ...(dropped && { dropped }) };
    return once ? silent : askedAgain(traversal, sender, question, silent);
  }
  const { ttl } = fate.packet;
  if (!open) return { outcome: "refused", ...seen, reply, ttl };
  const stuck =
    packet.protocol === "tcp" && traversal.maySplit && !once
      ? conversation(traversal, sender, question, at, answer)
      : undefined;
  if (stuck !== undefined) return { reply, ...stuck, ...seen };
  return {
    outcome: "ok",
    ...seen,
    reply,
    ttl,
    ...(listener?.identity !== undefined && { identity: listener.identity }),
  };
}

function answerTo(packet: Packet, open: boolean): Message {
  if (packet.protocol === "icmp") return "echo-reply";
  if (packet.protocol === "udp") return "datagram";
  return open ? "syn-ack" : "rst";
}

/**
 * Whoever hears nothing asks again. Where the answer was lost behind a namespace that tracks connections, the question now
 * belongs to a known one there, and a rule may refuse it. Seen: `refused` after TCP's first retransmission.
 */
function askedAgain(traversal: Traversal, sender: Namespace, question: Packet, silent: Walk): Walk {
  if (!traversal.maySplit) return silent;
  const fate = traversal.send(sender, question, "forward", []);
  if (fate.kind === "delivered") return silent;
  const { outcome, icmpFrom, ttl } = failed(traversal, sender, question, fate, []);
  if (outcome === "timeout") return silent;
  return { ...silent, outcome, ...(icmpFrom !== undefined && { icmpFrom }), ...(ttl !== undefined && { ttl }) };
}
