"""Which shot a captured packet belongs to, and what its headers say.

A shot is known by what no router and no NAT changes: an ICMP or UDP one by a mark in its payload, a TCP one by its
sequence numbers, an ICMP error by the packet that it quotes.
"""

import socket
import struct

ICMP, TCP, UDP = socket.IPPROTO_ICMP, socket.IPPROTO_TCP, socket.IPPROTO_UDP
NAMES = {ICMP: "icmp", TCP: "tcp", UDP: "udp"}
ECHO_REQUEST, ECHO_REPLY = 8, 0
ERRORS = {3, 11}  # unreachable, time exceeded (RFC 792)
SYN, RST, ACK = 0x02, 0x04, 0x10
STREAM = 1 << 16  # bytes of sequence space that one connection may use
ETHERNET = 14  # bytes of its header


class Shots:
    def __init__(self, shots, tunnel_ports):
        self._marks = [(shot["mark"].encode(), shot["shot"]) for shot in shots]
        self._streams = [(shot["isn"], shot["shot"]) for shot in shots if shot["protocol"] == "tcp"]
        self._ports = {shot["sourcePort"]: shot["shot"] for shot in shots if shot["protocol"] == "udp"}
        self._tunnels = set(tunnel_ports)

    def read(self, packet):
        """A captured IPv4 packet as a dictionary, or None when it belongs to no shot."""
        seen = header(packet)
        if seen is None:
            return None
        at, protocol = seen.pop("at"), seen["protocol"]
        if protocol == UDP and seen["destinationPort"] in self._tunnels:
            inner = self.read(packet[at + 16 + ETHERNET :])  # behind the UDP and the VXLAN header (RFC 7348)
            if inner is None:
                return None
            inside = {name: inner[name] for name in ("source", "destination", "ttl", "protocol", "message")}
            outer = {**seen, "protocol": "udp", "message": "datagram", "inside": inside}
            return {**outer, "shot": inner["shot"], "role": inner["role"]}
        found = self._belongs(packet, at, seen)
        if found is None:
            return None
        seen["shot"], seen["role"] = found
        seen["protocol"] = NAMES[protocol]
        return seen

    def _belongs(self, packet, at, seen):
        if seen["protocol"] == TCP:
            return self._stream(packet, at, seen)
        if seen["protocol"] == UDP:
            return self._datagram(packet, at, seen)
        kind = packet[at]
        seen["message"] = {ECHO_REQUEST: "echo-request", ECHO_REPLY: "echo-reply"}.get(kind, "error")
        if kind in ERRORS:
            return self._quoted(packet, at + 8, seen, kind, packet[at + 1])
        shot = self._marked(packet)
        return shot and (shot[0], "question" if kind == ECHO_REQUEST else "answer")

    def _quoted(self, packet, quote, seen, kind, code):
        about = header(packet[quote:])
        if about is None:
            return None
        inner = about.pop("at")
        found = self._belongs(packet[quote:], inner, about)
        if found is None:
            return None
        seen["error"] = {"type": kind, "code": code, "quotes": found[1]}
        return found[0], "error"

    def _marked(self, packet):
        return next(((shot,) for mark, shot in self._marks if mark in packet), None)

    def _datagram(self, packet, at, seen):
        seen["message"] = "datagram"
        shot = self._marked(packet)
        if shot:
            return shot[0], "question"
        number = self._ports.get(seen["destinationPort"], self._ports.get(seen["sourcePort"]))
        return None if number is None else (number, "answer" if seen["destinationPort"] in self._ports else "question")

    def _stream(self, packet, at, seen):
        """The client's packets have their sequence number in the shot's stream, the server's acknowledge it."""
        sequence, = struct.unpack_from("!I", packet, at + 4)
        acknowledged, flags = 0, 0
        if len(packet) >= at + 14:  # an ICMP error need quote no more than eight bytes
            acknowledged, = struct.unpack_from("!I", packet, at + 8)
            flags = packet[at + 13]
        seen["message"] = message(flags)
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


def header(packet):
    """The fields of an IPv4 packet that can decide its way; `at` is where its payload begins. None for a later fragment."""
    if len(packet) < 28 or packet[0] >> 4 != 4:
        return None
    at = (packet[0] & 15) * 4
    size, _, fragment = struct.unpack_from("!HHH", packet, 2)
    protocol = packet[9]
    if protocol not in NAMES or fragment & 0x1FFF or len(packet) < at + 8:
        return None
    seen = {
        "at": at,
        "protocol": protocol,
        "source": socket.inet_ntoa(packet[12:16]),
        "destination": socket.inet_ntoa(packet[16:20]),
        "ttl": packet[8],
        "size": size,
    }
    if protocol != ICMP:
        seen["sourcePort"], seen["destinationPort"] = struct.unpack_from("!HH", packet, at)
    return seen


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
