/**
 * Connection tracking of one namespace during one walk: which connection a packet belongs to, and how NAT rewrites it.
 * Sources: net/netfilter/nf_conntrack_core.c and nf_nat_core.c; netfilter's hook order (include/uapi/linux/netfilter_ipv4.h):
 * destinations change at PREROUTING and OUTPUT (-100), sources at POSTROUTING and INPUT (100), filters stand between (0).
 */
import type { RuleRef, Step } from "./hop.ts";
import type { Packet } from "./packet.ts";

interface Tuple {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export type Direction = "original" | "reply";

export interface Connection {
  readonly original: Tuple;
  /** What an answer looks like when it arrives: the original turned round, with what NAT made of it. */
  reply: Tuple;
  /** The rules that bound it; undefined when no rule wanted to. */
  sourceNat?: RuleRef;
  destinationNat?: RuleRef;
  /** A connection asks the rules once for each side (nf_nat_initialized). */
  sourceDecided: boolean;
  destinationDecided: boolean;
  /** Its first packet was marked to be masqueraded; the others need no mark, for their connection is bound. */
  marked: boolean;
  /** True once an answer was seen; until then even a second packet from the client is NEW. */
  answered: boolean;
}

/** A packet's place in a connection. `invalid` packets belong to none: NAT lets them pass untouched. */
export type Track =
  | {
      readonly state: "new" | "established" | "related";
      readonly connection: Connection;
      readonly direction: Direction;
    }
  | { readonly state: "invalid" };

/** A confirmed connection by one of its two tuples. */
interface Known {
  readonly protocol: string;
  readonly tuple: Tuple;
  readonly connection: Connection;
  readonly direction: Direction;
}

export class Conntrack {
  /** A walk has a handful: to look through them takes less time than to write a key for each packet. */
  readonly #confirmed: Known[] = [];

  /** At PREROUTING or OUTPUT. */
  see(packet: Packet): Track {
    if (packet.error !== undefined) {
      // An error belongs to the connection of the packet it quotes, and travels the other way.
      const found = this.#confirmed[this.#at(packet.error.quoted.protocol, turned(packet.error.quoted))];
      if (found === undefined) return { state: "invalid" };
      return { state: "related", connection: found.connection, direction: found.direction };
    }
    const found = this.#confirmed[this.#at(packet.protocol, packet)];
    if (found !== undefined) {
      const { connection, direction } = found;
      if (direction === "reply") connection.answered = true;
      // A SYN after a RST begins anew (nf_conntrack_proto_tcp.c). Seen.
      if (packet.message === "rst") this.#forget(packet.protocol, connection);
      return { state: connection.answered ? "established" : "new", connection, direction };
    }
    if (!mayBegin(packet)) return { state: "invalid" };
    const { source, destination, sourcePort, destinationPort } = packet;
    const original = { source, destination, sourcePort, destinationPort };
    const connection = {
      original,
      reply: turned(original),
      sourceDecided: false,
      destinationDecided: false,
      marked: false,
      answered: false,
    };
    return { state: "new", connection, direction: "original" };
  }

  #forget(protocol: string, { original, reply }: Connection): void {
    for (const tuple of [original, reply]) {
      const at = this.#at(protocol, tuple);
      if (at >= 0) this.#confirmed.splice(at, 1);
    }
  }

  /** Where the connection of a tuple stands in the list; -1 when none is known. */
  #at(protocol: string, { source, destination, sourcePort, destinationPort }: Tuple): number {
    return this.#confirmed.findIndex(
      (one) =>
        one.tuple.sourcePort === sourcePort &&
        one.tuple.destinationPort === destinationPort &&
        one.tuple.source === source &&
        one.tuple.destination === destination &&
        one.protocol === protocol,
    );
  }

  /** At POSTROUTING or INPUT, after NAT: from now on others find the connection. */
  confirm(packet: Packet, track: Track): void {
    if (track.state !== "new") return;
    const { protocol } = packet;
    const { connection } = track;
    this.#know({ protocol, tuple: connection.original, connection, direction: "original" });
    this.#know({ protocol, tuple: connection.reply, connection, direction: "reply" });
  }

  #know(known: Known): void {
    const at = this.#at(known.protocol, known.tuple);
    if (at < 0) this.#confirmed.push(known);
    else this.#confirmed[at] = known;
  }
}

/**
 * The track of an ICMP error that the namespace itself makes about `track`'s packet. Seen on Linux 6.18: such an error is
 * translated like one from outside even when the connection was not confirmed yet, because its packet went no further.
 */
export function errorAbout(track: Track | undefined): Track | undefined {
  if (track === undefined || track.state === "invalid") return track;
  return {
    state: "related",
    connection: track.connection,
    direction: track.direction === "original" ? "reply" : "original",
  };
}

/**
 * Binds the connection to a new destination; only its first packet may. One that is the old one is no NAT at all
 * (nf_nat_setup_info), so ICMP errors from behind keep their own source. Seen.
 */
export function bindDestination(connection: Connection, rule: RuleRef, address: string, port: number): void {
  if (connection.reply.source === address && connection.reply.sourcePort === port) return;
  connection.destinationNat = rule;
  connection.reply = { ...connection.reply, source: address, sourcePort: port };
}

/** Binds the connection to a new source address. The port is kept, as Linux does while it is free. */
export function bindSource(connection: Connection, rule: RuleRef, address: string): void {
  if (connection.reply.destination === address) return;
  connection.sourceNat = rule;
  connection.reply = { ...connection.reply, destination: address };
}

/**
 * Rewrites one side of a packet as its connection is bound, quoted packets included; `steps` takes what was done.
 * An answer has the other side rewritten: what SNAT bound shows in its destination, what DNAT bound in its source.
 */
export function translate(packet: Packet, track: Track, side: "source" | "destination", steps: Step[]): Packet {
  if (track.state === "invalid") return packet;
  const { connection, direction } = track;
  const bound = (side === "source") === (direction === "original") ? connection.sourceNat : connection.destinationNat;
  if (bound === undefined) return packet;
  // The header must look like the turned-round tuple of the other direction (nf_nat_packet).
  const other = direction === "original" ? connection.reply : connection.original;
  const address = side === "source" ? other.destination : other.source;
  const port = side === "source" ? other.destinationPort : other.sourcePort;
  const { error } = packet;
  const quoted = error && moved(error.quoted, side === "source" ? "destination" : "source", address, port);
  const changed = {
    ...(error === undefined ? moved(packet, side, address, port) : { ...packet, [side]: address }),
    ...(error === undefined || quoted === undefined ? {} : { error: { ...error, quoted } }),
  };
  if (packet[side] !== address || (error === undefined && portOf(packet, side) !== port)) {
    const what = direction === "reply" ? "undo" : natKind(bound);
    steps.push({ kind: "nat", what, rule: bound, changed: side, from: text(packet, side), to: text(changed, side) });
  }
  return changed;
}

function natKind(rule: RuleRef): "masquerade" | "snat" | "dnat" {
  const kind = rule.table === "nat" ? rule.rule.action.kind : "accept";
  if (kind === "accept") throw new Error("an accept rule binds nothing");
  return kind;
}

function moved(packet: Packet, side: "source" | "destination", address: string, port: number): Packet {
  return side === "source"
    ? { ...packet, source: address, sourcePort: port }
    : { ...packet, destination: address, destinationPort: port };
}

function portOf(packet: Packet, side: "source" | "destination"): number {
  return side === "source" ? packet.sourcePort : packet.destinationPort;
}

/** A port that never changes is left out: sources keep theirs, and ICMP has none. */
function text(packet: Packet, side: "source" | "destination"): string {
  const withPort = side === "destination" && packet.protocol !== "icmp";
  return withPort ? `${packet[side]} port ${portOf(packet, side)}` : packet[side];
}

/**
 * What conntrack takes for the start of a connection. A SYN-ACK, RST or echo reply without one is INVALID; a TCP packet from
 * the middle of a connection is taken up (nf_conntrack_tcp_loose), and every UDP datagram may be a first one. Seen on Linux
 * 6.18: with NAT on the answer's way only, TCP connects and then hears nothing, UDP hears nothing, ICMP is answered.
 */
function mayBegin(packet: Packet): boolean {
  return ["echo-request", "syn", "data", "datagram"].includes(packet.message);
}

function turned(tuple: Tuple): Tuple {
  return {
    source: tuple.destination,
    destination: tuple.source,
    sourcePort: tuple.destinationPort,
    destinationPort: tuple.sourcePort,
  };
}
