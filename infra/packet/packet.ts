/**
 * A packet as the model sees it: the header fields that decide its way, and nothing else.
 * Sizes are in bytes of the whole IP packet. A packet never changes; what alters it makes a new one.
 */
import { isIPv6 } from "../spec/address.ts";

export type Protocol = "icmp" | "tcp" | "udp";

/** What the packet is to the two ends, and to conntrack, which tells by it whether a connection may begin here. */
export type Message = "echo-request" | "echo-reply" | "syn" | "syn-ack" | "rst" | "data" | "datagram" | "error";

export interface Packet {
  readonly protocol: Protocol;
  readonly message: Message;
  readonly source: string;
  readonly destination: string;
  /** For ICMP the identifier of the echo, on both sides. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  readonly size: number;
  /** IPv4's don't-fragment bit; in IPv6, whose routers never fragment (RFC 8200, 4.5), whether its sender may (IPV6_DONTFRAG). */
  readonly df: boolean;
  /** Bytes of the largest fragment, once its sender has split it. IPv4's fragments are split again where they must be. */
  readonly fragment?: number;
  /** For `error`: which one, and the packet it is about. */
  readonly error?: IcmpError;
  /** For an outer packet: what is inside. */
  readonly vxlan?: { readonly id: number; readonly nextHop: string; readonly inner: Packet };
}

/** RFC 792, RFC 1812 5.2.7; for IPv6 RFC 4443 with the same meanings. */
export type IcmpErrorKind =
  | "net-unreachable"
  | "host-unreachable"
  | "port-unreachable"
  | "prohibited"
  | "time-exceeded"
  | "fragmentation-needed";

export interface IcmpError {
  readonly kind: IcmpErrorKind;
  /** The quoted header, as it was where the error was made; NAT on the way back translates it too. */
  readonly quoted: Packet;
  /** For `fragmentation-needed`: what would have fitted (RFC 1191). */
  readonly mtu?: number;
}

/** net.ipv4.ip_default_ttl and IPv6's conf.all.hop_limit (Documentation/networking/ip-sysctl.rst). */
export const DEFAULT_TTL = 64;

/** Of a probe when none is asked for: an echo request as ping(8) sends it, a SYN with its options, a short datagram. */
export const DEFAULT_SIZE: Readonly<Record<Protocol, number>> = { icmp: 84, tcp: 60, udp: 60 };

/** An ICMP error carries the IP header and the first bytes of what it is about; Linux quotes small packets whole. */
export const ICMP_ERROR_SIZE = 112;

/** Whether a router may split the packet: never one of IPv6. Its sender may unless `df` is set. */
export function mayFragment(packet: Packet): boolean {
  return !packet.df && !isIPv6(packet.destination);
}

/** Bytes of the largest packet on the wire. */
export function wireSize({ size, fragment }: Packet): number {
  return fragment ?? size;
}

/** The same packet as an answer: ends swapped, fresh TTL. */
export function answering(packet: Packet, message: Message, size: number): Packet {
  return {
    protocol: packet.protocol,
    message,
    source: packet.destination,
    destination: packet.source,
    sourcePort: packet.destinationPort,
    destinationPort: packet.sourcePort,
    ttl: DEFAULT_TTL,
    size,
    // Linux sets DF on TCP (path MTU discovery) and not on its echo replies (net/ipv4/icmp.c: IP_PMTUDISC_DONT).
    df: packet.protocol === "tcp",
  };
}
