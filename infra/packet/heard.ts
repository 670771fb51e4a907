/** What the sender of a question hears of it when it does not get through: an ICMP error, its own kernel's refusal, or nothing. */
import { isIPv6 } from "../spec/address.ts";
import type { Outcome } from "../spec/outcome.ts";
import { errorAbout } from "./conntrack.ts";
import type { Delivered, Fate, Lost } from "./held.ts";
import type { Drop, Hop } from "./hop.ts";
import type { Namespace } from "./network.ts";
import { answering, DEFAULT_TTL, ICMP_ERROR_SIZE, type IcmpErrorKind, type Packet, wireSize } from "./packet.ts";
import type { Traversal } from "./traversal.ts";

export interface Walk {
  readonly outcome: Outcome;
  /** Endpoints that a rule on the way chose from, where there were several. */
  readonly choices?: number;
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

const OUTCOME_OF: Readonly<Record<IcmpErrorKind, Outcome>> = {
  "net-unreachable": "no-route",
  "host-unreachable": "no-route",
  "port-unreachable": "refused",
  prohibited: "prohibited",
  "time-exceeded": "ttl-exceeded",
  "fragmentation-needed": "fragmentation-needed",
};

/** The question ended on its way: what does the sender hear of it? */
export function failed(traversal: Traversal, sender: Namespace, question: Packet, lost: Lost, forward: Hop[]): Walk {
  const dropped = lost.drop;
  const silent: Walk = { outcome: "timeout", forward, reply: [], dropped };
  // Of what becomes of an outer packet the inner one's sender is told nothing.
  if (lost.packet.vxlan !== undefined) return silent;
  if (lost.atCall) return { ...silent, outcome: outcomeAtCall(lost), ...(lost.error?.mtu && { mtu: lost.error.mtu }) };
  if (lost.error === undefined) return silent;
  return { ...errorWalk(traversal, sender, question, lost, lost.error, forward), dropped };
}

/** What errno says when the sender's own kernel refuses: ENETUNREACH, EHOSTUNREACH, EACCES, EMSGSIZE; EINVAL is a blackhole's. */
function outcomeAtCall({ error }: Lost): Outcome {
  return error === undefined ? "no-route" : OUTCOME_OF[error.kind];
}

/** An ICMP error is made where `about` ended, and walks back. */
export function errorWalk(
  traversal: Traversal,
  sender: Namespace,
  question: Packet,
  about: Lost | Delivered,
  error: { kind: IcmpErrorKind; mtu?: number },
  forward: Hop[],
): Walk {
  const reply: Hop[] = [];
  const made = icmpError(about.at, about.packet, error);
  const fate = traversal.send(about.at, made, "reply", reply, errorAbout(about.track));
  const silent: Walk = { outcome: "timeout", forward, reply };
  if (fate.kind === "lost") return { ...silent, errorDropped: fate.drop };
  const stray = misdirected(sender, question, fate);
  if (stray !== undefined) return { ...silent, errorDropped: stray };
  const { source, ttl } = fate.packet;
  return { ...silent, outcome: OUTCOME_OF[error.kind], icmpFrom: source, ttl, ...(error.mtu && { mtu: error.mtu }) };
}

/**
 * An answer that was too large for a link and that its sender may split, sent again as the answer to a question that is asked
 * again: its sender has been told what fits, once for each smaller link. Only in IPv6, where routers split nothing (RFC 8201).
 */
export function splitAnswer(traversal: Traversal, sender: Namespace, answer: Packet, lost: Fate, reply: Hop[]): Fate {
  if (lost.kind !== "lost" || answer.df || !isIPv6(answer.destination)) return lost;
  const { at, packet, error, track } = lost;
  const fits = error?.kind === "fragmentation-needed" ? error.mtu : undefined;
  if (fits === undefined || fits >= wireSize(answer)) return lost;
  const told = traversal.send(at, icmpError(at, packet, error!), "reply", [], errorAbout(track));
  if (told.kind === "lost" || told.at !== sender) return lost;
  const smaller = { ...answer, fragment: fits };
  reply.splice(0);
  return splitAnswer(traversal, sender, smaller, traversal.send(sender, smaller, "reply", reply), reply);
}

/**
 * The error as its maker sends it. Its source is the address that was asked, where that is the maker's own; else the one it
 * has towards the sender, which need not be the one that the packet came in by (icmp_errors_use_inbound_ifaddr 0,
 * ip-sysctl.rst; RFC 1812, 4.3.2.4).
 */
function icmpError(maker: Namespace, about: Packet, error: { kind: IcmpErrorKind; mtu?: number }): Packet {
  const own = maker.table.lookup(about.destination).kind === "local";
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
export function misdirected(sender: Namespace, question: Packet, got: Delivered): Drop | undefined {
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

/** A packet where no socket waits for it. */
export function strayed(leg: Drop["leg"], { at, packet }: Delivered, expected: string): Drop {
  const why = { kind: "unexpected-answer", source: packet.source, expected } as const;
  return { leg, netns: at.id, node: at.node, where: "socket", why };
}
