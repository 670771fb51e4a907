"""IPv6 packets as raw sockets see them (RFC 3542): without their IP header, whose fields come as ancillary data.
The twin of ipv4.py; ip.py chooses between them."""

import socket
import struct

from . import raw
from .outcome import Icmp6Error

FAMILY = socket.AF_INET6
ICMP, TCP = socket.IPPROTO_ICMPV6, socket.IPPROTO_TCP
HEADER = 40  # bytes
ECHO_HEADER = 8
ECHO_REQUEST, ECHO_REPLY = 128, 129  # RFC 4443
ERRORS = {1, 2, 3}  # unreachable, packet too big, time exceeded
SMALLEST = 1280  # bytes of a packet that every link carries (RFC 8200, 5)

LEVEL = socket.IPPROTO_IPV6
ICMP6_FILTER = 1  # linux/icmpv6.h
# linux/in6.h
RECVERR, RECVTTL, MTU_DISCOVER = 25, 51, 23
IPV6_RECVPKTINFO, IPV6_PKTINFO, IPV6_DONTFRAG = 49, 50, 62
TTL, SENT_TTL = 52, socket.IPV6_UNICAST_HOPS  # the hop limit of one packet, as ancillary data; of all that a socket sends
PMTUDISC_PROBE = 3  # no regard for a path MTU learnt before


def echo_request(identifier, sequence, size, mark):
    """As in ipv4.py, of ICMPv6. The kernel adds the checksum (RFC 3542, 3.1)."""
    payload = mark + bytes(max(0, size - HEADER - ECHO_HEADER - len(mark)))
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, identifier, sequence) + payload


def icmp_filter(wanted):
    """Lets these types through and no others."""
    blocked = [0xFFFFFFFF] * 8
    for kind in wanted:
        blocked[kind >> 5] &= ~(1 << (kind & 31))
    return struct.pack("8I", *blocked)


def icmp_socket():
    """Sends echo requests; receives echo replies and every ICMPv6 error that reaches the namespace."""
    sock = raw.opened(FAMILY, ICMP)
    sock.setsockopt(ICMP, ICMP6_FILTER, icmp_filter({ECHO_REPLY, *ERRORS}))
    sock.setsockopt(LEVEL, RECVTTL, 1)
    return sock


def unsplit(sock):
    """What the raw socket sends leaves whole or not at all; why not is in its error queue."""
    sock.setsockopt(ICMP, ICMP6_FILTER, icmp_filter(()))
    sock.setsockopt(LEVEL, MTU_DISCOVER, PMTUDISC_PROBE)
    sock.setsockopt(LEVEL, IPV6_DONTFRAG, 1)
    sock.setsockopt(LEVEL, RECVERR, 1)


def tcp_answer_socket():
    """Receives a copy of the head of every SYN-ACK and RST that reaches the namespace."""
    # As in ipv4.py, but the packet begins with the TCP header.
    program = [(0x30, 0, 0, 13), (0x54, 0, 0, 0x16), (0x15, 1, 0, 0x12), (0x45, 0, 1, 0x04)]
    program += [(0x06, 0, 0, 60), (0x06, 0, 0, 0)]
    sock = raw.opened(FAMILY, TCP)
    raw.attach(sock, program)
    sock.setsockopt(LEVEL, RECVTTL, 1)
    sock.setsockopt(LEVEL, IPV6_RECVPKTINFO, 1)
    return sock


def tcp_answers(sock):
    """(key of the question, hop limit) of each TCP packet that the socket holds."""
    for packet, ancillary, sender in raw.received(sock):
        own = next(data[:16] for level, kind, data in ancillary if (level, kind) == (LEVEL, IPV6_PKTINFO))
        source, destination = struct.unpack_from("!HH", packet)
        yield (TCP, socket.inet_ntop(FAMILY, own), destination, sender, source), raw.number(ancillary, LEVEL, TTL)


def icmp_messages(sock):
    """What the ICMPv6 packets say that the socket holds, as in ipv4.py."""
    messages = (icmp_message(packet, sender, raw.number(found, LEVEL, TTL)) for packet, found, sender in raw.received(sock))
    return filter(None, messages)


def icmp_message(packet, sender, ttl):
    if len(packet) < 8:
        return None
    kind, code = packet[0], packet[1]
    if kind == ECHO_REPLY:
        identifier, sequence = struct.unpack_from("!HH", packet, 4)
        return "reply", identifier, sequence, sender, ttl
    inner = 8 + HEADER
    if len(packet) < inner + 8:
        return None
    protocol = packet[8 + 6]
    first, second = struct.unpack_from("!HH", packet, inner + (4 if protocol == ICMP else 0))
    own, destination = (socket.inet_ntop(FAMILY, packet[8 + at : 8 + at + 16]) for at in (8, 24))
    key = (ICMP, first, second) if protocol == ICMP else (protocol, own, first, destination, second)
    mtu = struct.unpack_from("!I", packet, 4)[0]
    return "error", key, destination, Icmp6Error(kind, code, sender, mtu, ttl)
