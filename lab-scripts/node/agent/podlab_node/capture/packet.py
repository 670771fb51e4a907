"""Which shot a captured packet belongs to, and what its headers say.

A shot is known by what no router, no NAT and no tunnel changes: an ICMP or UDP one by a mark in its payload, a TCP one by
its sequence numbers, an ICMP error by the packet that it quotes, a tunnel's packet by the one inside.
"""

import socket
import struct

from ..probe.outcome import Icmp6Error, IcmpError

ICMP, TCP, UDP, ICMPV6 = socket.IPPROTO_ICMP, socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMPV6
NAMES = {ICMP: "icmp", ICMPV6: "icmp", TCP: "tcp", UDP: "udp"}
ECHOES = {(ICMP, 8): "echo-request", (ICMP, 0): "echo-reply", (ICMPV6, 128): "echo-request", (ICMPV6, 129): "echo-reply"}
# Unreachable, time exceeded (RFC 792); unreachable, too big, time exceeded, parameter problem (RFC 4443).
ERRORS = {(ICMP, 3), (ICMP, 11), (ICMPV6, 1), (ICMPV6, 2), (ICMPV6, 3), (ICMPV6, 4)}
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
STREAM = 1 << 16  # bytes of sequence space that one connection may use
ETHERNET = 14  # bytes of its header
HEADER_V6 = 40
SKIPPED_V6 = {0, 43, 60}  # hop-by-hop options, routing, destination options (RFC 8200, 4)
FRAGMENT_V6 = 44


class Shots:
    def __init__(self, shots, tunnel_ports):
        self._marks = [(shot["mark"].encode(), shot["shot"]) for shot in shots]
        self._streams = [(shot["isn"], shot["shot"]) for shot in shots if shot["protocol"] == "tcp"]
        self._ports = {shot["sourcePort"]: shot["shot"] for shot in shots if shot["protocol"] == "udp"}
        self._tunnels = set(tunnel_ports)

    def read(self, packet):
        """A captured IP packet as a dictionary, or None when it belongs to no shot."""
        seen = header(packet)
        if seen is None:
            return None
        at, protocol = seen.pop("at"), seen["protocol"]
        if protocol == UDP and seen["destinationPort"] in self._tunnels:
            return self._wrapped(packet, at, seen)
        found = self._belongs(packet, at, seen)
        if found is None:
            return None
        seen["shot"], seen["role"] = found
        seen["protocol"] = NAMES[protocol]
        return seen

    def _wrapped(self, packet, at, seen):
        """Behind the UDP header (8 bytes) stand VXLAN's (8 bytes; RFC 7348) and the inner Ethernet header."""
        inner = self.read(packet[at + 16 + ETHERNET :])
        if inner is None:
            return None
        names = ("source", "destination", "sourcePort", "destinationPort", "ttl", "protocol", "message", "segment")
        inside = {name: inner[name] for name in names if name in inner}
        inside["vxlan"] = int.from_bytes(packet[at + 12 : at + 15], "big")
        outer = {**seen, "protocol": "udp", "message": "datagram", "inside": inside}
        return {**outer, "shot": inner["shot"], "role": inner["role"]}

    def _belongs(self, packet, at, seen):
        protocol = seen["protocol"]
        if protocol == TCP:
            return self._stream(packet, at, seen)
        if protocol == UDP:
            return self._datagram(packet, seen)
        kind = protocol, packet[at]
        seen["message"] = ECHOES.get(kind, "error")
        if kind in ERRORS:
            return self._quoted(packet, at, seen)
        shot = self._marked(packet)
        return None if shot is None else (shot, "question" if seen["message"] == "echo-request" else "answer")

    def _quoted(self, packet, at, seen):
        quote = packet[at + 8 :]
        about = header(quote)
        if about is None:
            return None
        found = self._belongs(quote, about.pop("at"), about)
        if found is None:
            return None
        seen["error"] = {**error(packet, at, seen["protocol"] == ICMPV6), "quotes": found[1]}
        return found[0], "error"

    def _marked(self, packet):
        return next((shot for mark, shot in self._marks if mark in packet), None)

    def _datagram(self, packet, seen):
        seen["message"] = "datagram"
        shot = self._marked(packet)
        if shot is not None:
            return shot, "question"
        number = self._ports.get(seen["destinationPort"], self._ports.get(seen["sourcePort"]))
        return None if number is None else (number, "answer" if seen["destinationPort"] in self._ports else "question")

    def _stream(self, packet, at, seen):
        """The client's packets have their sequence number in the shot's stream, the server's acknowledge it."""
        sequence, = struct.unpack_from("!I", packet, at + 4)
        acknowledged, flags, carries = 0, 0, True
        if len(packet) >= at + 14:  # an ICMP error need quote no more than eight bytes
            acknowledged, = struct.unpack_from("!I", packet, at + 8)
            flags = packet[at + 13]
            carries = seen["size"] > at + (packet[at + 12] >> 4) * 4
        seen["message"] = message(flags)
        if seen["message"] == "data":
            seen["segment"] = "fin" if flags & FIN else "data" if carries else "ack"
        for start, shot in self._streams:
            if (sequence - start) & 0xFFFFFFFF < STREAM:
                return shot, "question"
            if flags & ACK and (acknowledged - start) & 0xFFFFFFFF < STREAM:
                return shot, "answer"
        return None


def message(flags):
    if flags & RST:
        return "rst"
    return ("syn-ack" if flags & ACK else "syn") if flags & SYN else "data"


def error(packet, at, v6):
    """An ICMP error: its numbers, the outcome that it means to the sender, and the MTU it names (RFC 1191, RFC 8201)."""
    kind, code = packet[at], packet[at + 1]
    means = (Icmp6Error if v6 else IcmpError)(kind, code, None, 0, 0).outcome()
    mtu = struct.unpack_from("!I" if v6 else "!xxH", packet, at + 4)[0] if means == "fragmentation-needed" else 0
    return {"type": kind, "code": code, "means": means, **({"mtu": mtu} if mtu else {})}


def header(packet):
    """The fields of an IP packet that can decide its way; `at` is where its payload begins. None for a later fragment."""
    version = packet[0] >> 4 if packet else 0
    seen = {4: header_v4, 6: header_v6}.get(version, lambda _: None)(packet)
    if seen is None or seen["protocol"] not in NAMES or len(packet) < seen["at"] + 8:
        return None
    if seen["protocol"] in (TCP, UDP):
        seen["sourcePort"], seen["destinationPort"] = struct.unpack_from("!HH", packet, seen["at"])
    return seen


def header_v4(packet):
    """RFC 791."""
    if len(packet) < 20:
        return None
    size, _, fragment = struct.unpack_from("!HHH", packet, 2)
    if fragment & 0x1FFF:
        return None
    return {
        "at": (packet[0] & 15) * 4,
        "protocol": packet[9],
        "source": socket.inet_ntoa(packet[12:16]),
        "destination": socket.inet_ntoa(packet[16:20]),
        "ttl": packet[8],
        "size": size,
    }


def header_v6(packet):
    """RFC 8200; its hop limit is called TTL here as well."""
    if len(packet) < HEADER_V6:
        return None
    at, following = HEADER_V6, packet[6]
    while following in SKIPPED_V6 or following == FRAGMENT_V6:
        if len(packet) < at + 8:
            return None
        if following == FRAGMENT_V6 and struct.unpack_from("!H", packet, at + 2)[0] & 0xFFF8:
            return None
        length = 8 if following == FRAGMENT_V6 else (packet[at + 1] + 1) * 8
        following, at = packet[at], at + length
    return {
        "at": at,
        "protocol": following,
        "source": socket.inet_ntop(socket.AF_INET6, packet[8:24]),
        "destination": socket.inet_ntop(socket.AF_INET6, packet[24:40]),
        "ttl": packet[7],
        "size": HEADER_V6 + struct.unpack_from("!H", packet, 4)[0],
    }


def arp(packet):
    """What an ARP packet asks or says (RFC 826); None for what is none over IPv4."""
    if len(packet) < 28 or packet[2:6] != b"\x08\x00\x06\x04":
        return None
    return {
        "asks": packet[7] == 1,
        "senderMac": packet[8:14].hex(":"),
        "sender": socket.inet_ntoa(packet[14:18]),
        "target": socket.inet_ntoa(packet[24:28]),
    }
