/**
 * The model's own packet: a question is walked to its target and the answer back, and what the sender would see of it is
 * typed as a probe's outcome would be. A pair works only if both ways do. Pure; nothing here knows what kind of network it is.
 */
import type { Outcome } from "../outcome.ts";
import { errorAbout } from "./conntrack.ts";
import type { Drop, Hop } from "./hop.ts";
import type { Namespace, Network } from "./network.ts";
import {
  answering,
  DEFAULT_SIZE,
  DEFAULT_TTL,
  ICMP_ERROR_SIZE,
  type IcmpErrorKind,
  type Message,
  type Packet,
  type Protocol,
} from "./packet.ts";
import { type Delivered, type Lost, Transit } from "./transit.ts";

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
}

export interface Walk {
  readonly outcome: Outcome;
  /** The namespace that took the question in; absent when none did. */
  readonly target?: string;
  /** The question's source address as the target saw it. */
  readonly sourceSeen?: string;
  /** TTL (hop limit) of what came back, when the sender received it. */
  readonly ttl?: number;
  /** How the server that answered calls itself. */
  readonly identity?: string;
  /** Who sent the ICMP error behind the outcome. */
  readonly icmpFrom?: string;
  /** For `fragmentation-needed`: what would have fitted. */
  readonly mtu?: number;
  readonly forward: readonly Hop[];
  /** The way of the answer, or of the ICMP error. */
  readonly reply: readonly Hop[];
  /** Where the question ended before its target or the answer before the sender, and why. */
  readonly dropped?: Drop;
  /** Where the ICMP error about `dropped` itself ended, when it did not reach the sender. */
  readonly errorDropped?: Drop;
}

/** The client's port or the echo's identifier: any number does, since nothing in a walk competes for it. */
const CLIENT_PORT = 40_000;

const OUTCOME_OF: Readonly<Record<IcmpErrorKind, Outcome>> = {
  "net-unreachable": "no-route",
  "host-unreachable": "no-route",
  "port-unreachable": "refused",
  prohibited: "prohibited",
  "time-exceeded": "ttl-exceeded",
  "fragmentation-needed": "fragmentation-needed",
};

const QUESTION: Readonly<Record<Protocol, Message>> = { icmp: "echo-request", tcp: "syn", udp: "datagram" };

/** Walks one question and its answer. @throws Error when the sender is no namespace of the lab. */
export function walk(network: Network, probe: Probe): Walk {
  const sender = network.namespace(probe.from);
  const transit = new Transit(network, probe.pick);
  const question = questionOf(sender, probe);
  const forward: Hop[] = [];
  const fate = transit.send(sender, question, "forward", forward);
  if (fate.kind === "lost") return failed(transit, sender, question, fate, forward);
  return answered(transit, sender, question, fate, forward);
}

function questionOf(sender: Namespace, probe: Probe): Packet {
  const { protocol, to, port = 0, ttl = DEFAULT_TTL } = probe;
  return {
    protocol,
    message: QUESTION[protocol],
    source: probe.source ?? sender.table.sourceFor(to) ?? "",
    destination: to,
    sourcePort: CLIENT_PORT,
    destinationPort: protocol === "icmp" ? CLIENT_PORT : port,
    ttl,
    size: probe.size ?? DEFAULT_SIZE[protocol],
    df: probe.df ?? protocol === "tcp",
  };
}

/** The question arrived: who answers, and does the answer come back? */
function answered(transit: Transit, sender: Namespace, question: Packet, taken: Delivered, forward: Hop[]): Walk {
  const { at, packet } = taken;
  const seen = { target: at.id, sourceSeen: packet.source, forward };
  const listener = at.netns.listeners.find(
    (one) => one.protocol === packet.protocol && one.port === packet.destinationPort,
  );
  const open = packet.protocol === "icmp" || listener !== undefined;
  // A closed UDP port answers by ICMP (RFC 1122, 4.1.3.1), a closed TCP port by RST (RFC 9293, 3.10.7.1).
  if (!open && packet.protocol === "udp") {
    const { errorDropped, ...rest } = errorWalk(
      transit,
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
  const fate = transit.send(at, answer, "reply", reply);
  const dropped = fate.kind === "lost" ? fate.drop : misdirected(sender, question, fate);
  if (dropped !== undefined || fate.kind === "lost")
    return askedAgain(transit, sender, question, { outcome: "timeout", ...seen, reply, ...(dropped && { dropped }) });
  const { ttl } = fate.packet;
  if (!open) return { outcome: "refused", ...seen, reply, ttl };
  const stuck =
    packet.protocol === "tcp" && transit.maySplit ? conversation(transit, sender, question, at, answer) : undefined;
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
 * The data after a TCP handshake, walked only when it may fare otherwise. Conntrack lets a stray SYN-ACK pass untouched and
 * takes the next packet for a new connection, with the NAT and filter rules for one; and rules may refuse what belongs to a
 * connection. An ICMP error about data ends no connection (RFC 1122, 4.2.3.9), but it is told.
 */
function conversation(
  transit: Transit,
  sender: Namespace,
  syn: Packet,
  server: Namespace,
  synAck: Packet,
): Omit<Walk, "forward" | "reply"> | undefined {
  const data: Packet = { ...syn, message: "data" };
  const asked = transit.send(sender, data, "forward", []);
  if (asked.kind === "lost") {
    const { forward: _, reply: __, ...heard } = failed(transit, sender, data, asked, []);
    return heard;
  }
  if (asked.at !== server) return { outcome: "timeout", dropped: strayed("forward", asked, syn.destination) };
  const told = transit.send(server, { ...synAck, message: "data" }, "reply", []);
  const dropped = told.kind === "lost" ? told.drop : misdirected(sender, syn, told);
  return dropped && { outcome: "timeout", dropped };
}

/**
 * Whoever hears nothing asks again. Where the answer was lost behind a namespace that tracks connections, the question now
 * belongs to a known one there, and a rule may refuse it. Seen: `refused` after TCP's first retransmission.
 */
function askedAgain(transit: Transit, sender: Namespace, question: Packet, silent: Walk): Walk {
  if (!transit.maySplit) return silent;
  const fate = transit.send(sender, question, "forward", []);
  if (fate.kind === "delivered") return silent;
  const { outcome, icmpFrom, ttl } = failed(transit, sender, question, fate, []);
  if (outcome === "timeout") return silent;
  return { ...silent, outcome, ...(icmpFrom !== undefined && { icmpFrom }), ...(ttl !== undefined && { ttl }) };
}

/** The question ended on its way: what does the sender hear of it? */
function failed(transit: Transit, sender: Namespace, question: Packet, lost: Lost, forward: Hop[]): Walk {
  const dropped = lost.drop;
  const silent: Walk = { outcome: "timeout", forward, reply: [], dropped };
  // Of what becomes of an outer packet the inner one's sender is told nothing.
  if (lost.packet.vxlan !== undefined) return silent;
  if (lost.atCall) return { ...silent, outcome: outcomeAtCall(lost), ...(lost.error?.mtu && { mtu: lost.error.mtu }) };
  if (lost.error === undefined) return silent;
  return { ...errorWalk(transit, sender, question, lost, lost.error, forward), dropped };
}

/** What errno says when the sender's own kernel refuses: ENETUNREACH, EHOSTUNREACH, EACCES, EMSGSIZE; EINVAL is a blackhole's. */
function outcomeAtCall({ error }: Lost): Outcome {
  return error === undefined ? "no-route" : OUTCOME_OF[error.kind];
}

/** An ICMP error is made where `about` ended, and walks back. */
function errorWalk(
  transit: Transit,
  sender: Namespace,
  question: Packet,
  about: Lost | Delivered,
  error: { kind: IcmpErrorKind; mtu?: number },
  forward: Hop[],
): Walk {
  const reply: Hop[] = [];
  const made = icmpError(about.at, about.packet, error);
  const fate = transit.send(about.at, made, "reply", reply, errorAbout(about.track));
  const silent: Walk = { outcome: "timeout", forward, reply };
  if (fate.kind === "lost") return { ...silent, errorDropped: fate.drop };
  const stray = misdirected(sender, question, fate);
  if (stray !== undefined) return { ...silent, errorDropped: stray };
  const { source, ttl } = fate.packet;
  return { ...silent, outcome: OUTCOME_OF[error.kind], icmpFrom: source, ttl, ...(error.mtu && { mtu: error.mtu }) };
}

/**
 * The error as its maker sends it. Its source is the address that was asked, where that is the maker's own; else the one it
 * has towards the sender, which need not be the one that the packet came in by (icmp_errors_use_inbound_ifaddr 0,
 * ip-sysctl.rst; RFC 1812, 4.3.2.4).
 */
function icmpError(maker: Namespace, about: Packet, error: { kind: IcmpErrorKind; mtu?: number }): Packet {
  const own = maker.table.holds(about.destination);
  return {
    protocol: "icmp",
    message: "error",
    source: own ? about.destination : (maker.table.sourceFor(about.source) ?? ""),
    destination: about.source,
    sourcePort: 0,
    destinationPort: 0,
    ttl: DEFAULT_TTL,
    size: ICMP_ERROR_SIZE,
    df: false,
    error: { ...error, quoted: about },
  };
}

/** Undefined when what was delivered is what the sender's socket waits for; else why it is not. */
function misdirected(sender: Namespace, question: Packet, got: Delivered): Drop | undefined {
  const { packet } = got;
  // An answer comes from where the question went; an ICMP error quotes the question. Which address of its own an echo was
  // sent from is no matter to who sent it: the socket is a raw one (ping(8)), and a NAT may have chosen another. Seen.
  const answers: Packet = packet.error?.quoted ?? answering(packet, packet.message, packet.size);
  const matches =
    got.at === sender &&
    (answers.source === question.source || question.protocol === "icmp") &&
    answers.destination === question.destination &&
    answers.sourcePort === question.sourcePort &&
    answers.destinationPort === question.destinationPort;
  return matches ? undefined : strayed("reply", got, question.destination);
}

function strayed(leg: Drop["leg"], { at, packet }: Delivered, expected: string): Drop {
  const why = { kind: "unexpected-answer", source: packet.source, expected } as const;
  return { leg, netns: at.id, node: at.node, where: "socket", why };
}
