"""IPv4 packets as raw sockets see them; ipv6.py is the twin."""

import socket
import struct

from . import raw
from .outcome import TIME_EXCEEDED, UNREACHABLE, IcmpError

FAMILY = socket.AF_INET
ICMP, TCP = socket.IPPROTO_ICMP, socket.IPPROTO_TCP
HEADER = 20  # bytes, of a packet without options
ECHO_HEADER = 8
ECHO_REQUEST, ECHO_REPLY = 8, 0
SMALLEST = 68  # bytes of a packet that every link carries (RFC 791)

SOL_RAW, ICMP_FILTER = 255, 1  # linux/icmp.h
LEVEL = socket.IPPROTO_IP
TTL = SENT_TTL = socket.IP_TTL  # of one packet, as ancillary data; of all that a socket sends
RECVTTL, MTU_DISCOVER, RECVERR = 12, 10, 11  # linux/in.h
PMTUDISC_PROBE = 3  # DF set, and no regard for a path MTU learnt before


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~socket.htons(total) & 0xFFFF


def echo_request(identifier, sequence, size, mark):
    """An ICMP echo request whose packet has `size` bytes, IP header included; its payload begins with the mark."""
    payload = bytes(max(0, size - HEADER - ECHO_HEADER - len(mark)))
    # The zeros of the payload add nothing to its checksum (RFC 1071), so it is the same for every size.
    check = checksum(struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, identifier, sequence) + mark)
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, check, identifier, sequence) + mark + payload


def icmp_socket():
    """Sends echo requests; receives echo replies and every ICMP error that reaches the namespace."""
    sock = raw.opened(FAMILY, ICMP)
    wanted = 1 << ECHO_REPLY | 1 << UNREACHABLE | 1 << TIME_EXCEEDED
    sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("I", ~wanted & 0xFFFFFFFF))
    return sock


def tcp_answer_socket():
    """Receives a copy of the head of every SYN-ACK and RST that reaches the namespace: a TCP socket
    does not tell the TTL of an answer (IP_RECVTTL is for datagrams), its IP header does."""
    # Classic BPF over the packet: x = header length; a = TCP flags; SYN and ACK, or RST.
    program = [(0xB1, 0, 0, 0), (0x50, 0, 0, 13), (0x54, 0, 0, 0x16), (0x15, 1, 0, 0x12), (0x45, 0, 1, 0x04)]
    program += [(0x06, 0, 0, 120), (0x06, 0, 0, 0)]
    sock = raw.opened(FAMILY, TCP)
    raw.attach(sock, program)
    return sock


def unsplit(sock):
    """What the raw socket sends leaves whole or not at all; why not is in its error queue."""
    sock.setsockopt(LEVEL, MTU_DISCOVER, PMTUDISC_PROBE)
    sock.setsockopt(LEVEL, RECVERR, 1)


def tcp_answers(sock):
    """(key of the question, TTL) of each TCP packet that the socket holds."""
    return (tcp_answer(packet) for packet, _, _ in raw.received(sock))


def tcp_answer(packet):
    at = (packet[0] & 15) * 4
    source, destination = struct.unpack_from("!HH", packet, at)
    ends = socket.inet_ntoa(packet[16:20]), destination, socket.inet_ntoa(packet[12:16]), source
    return (TCP, *ends), packet[8]


def icmp_messages(sock):
    """What the ICMP packets say that the socket holds."""
    return filter(None, (icmp_message(packet) for packet, _, _ in raw.received(sock)))


def icmp_message(packet):
    """What a received ICMP packet says: ("reply", identifier, sequence, source, ttl),
    ("error", key of the quoted packet, its destination, IcmpError), or None for what is neither."""
    at = (packet[0] & 15) * 4
    if len(packet) < at + 8:
        return None
    kind, code = packet[at], packet[at + 1]
    source = socket.inet_ntoa(packet[12:16])
    if kind == ECHO_REPLY:
        identifier, sequence = struct.unpack_from("!HH", packet, at + 4)
        return "reply", identifier, sequence, source, packet[8]
    quote = at + 8
    inner = quote + (packet[quote] & 15) * 4 if len(packet) > quote else 0
    if len(packet) < inner + 8 or not inner:
        return None
    protocol = packet[quote + 9]
    first, second = struct.unpack_from("!HH", packet, inner + (4 if protocol == ICMP else 0))
    # RFC 792 asks for no more than 8 bytes of what the quoted IP header carries: ports, or id and sequence.
    sender = socket.inet_ntoa(packet[quote + 12 : quote + 16])
    destination = socket.inet_ntoa(packet[quote + 16 : quote + 20])
    key = (ICMP, first, second) if protocol == ICMP else (protocol, sender, first, destination, second)
    mtu = struct.unpack_from("!H", packet, at + 6)[0]
    return "error", key, destination, IcmpError(kind, code, source, mtu, packet[8])
