"""Sends a shot: one packet, so marked that it is known wherever it is seen; and hears what its socket gets for it."""

import errno
import socket
import struct

from ..probe import ipv4
from ..probe.outcome import of_errno

# linux/tcp.h: the sequence number a connection begins with can be set while it is "repaired"; CRIU restores them so.
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
SEND_QUEUE, OFF_WITHOUT_PROBE = 2, -1
REQUEST = b"GET / HTTP/1.0\r\nHost: podlab\r\n\r\n"
UDP_HEADER = 8
HEADER_V6 = 40
ECHO_REQUEST_V6, ECHO_REPLY_V6 = 128, 129
IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE = 23, 3  # linux/in6.h


def fire(shot):
    """Must be called in the shot's namespace. Returns (socket to keep open, 0 or the errno of the kernel's refusal)."""
    return {"icmp": icmp, "tcp": tcp, "udp": udp}[shot["protocol"]](shot)


def icmp(shot):
    v6 = is_v6(shot)
    sock = opened(shot, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if v6 else ipv4.ICMP)
    payload = filled(shot, ipv4.ECHO_HEADER)
    kind = ECHO_REQUEST_V6 if v6 else ipv4.ECHO_REQUEST
    head = [kind, 0, 0, shot["sourcePort"], shot["shot"] + 1]
    if not v6:  # of an ICMPv6 packet the kernel makes the checksum (RFC 3542, 3.1)
        head[2] = ipv4.checksum(struct.pack("!BBHHH", *head) + payload)
    return sock, attempt(lambda: sock.sendto(struct.pack("!BBHHH", *head) + payload, (shot["address"], 0)))


def tcp(shot):
    sock = opened(shot, socket.SOCK_STREAM)
    attempt(lambda: sock.bind(("", shot["sourcePort"])))
    sock.setsockopt(ipv4.TCP, TCP_REPAIR, 1)
    sock.setsockopt(ipv4.TCP, TCP_REPAIR_QUEUE, SEND_QUEUE)
    sock.setsockopt(ipv4.TCP, TCP_QUEUE_SEQ, struct.pack("I", shot["isn"]))
    sock.setsockopt(ipv4.TCP, TCP_REPAIR, OFF_WITHOUT_PROBE)
    return sock, attempt(lambda: sock.connect((shot["address"], shot["port"])))


def udp(shot):
    sock = opened(shot, socket.SOCK_DGRAM)
    attempt(lambda: sock.bind(("", shot["sourcePort"])))
    return sock, attempt(lambda: sock.sendto(filled(shot, UDP_HEADER), (shot["address"], shot["port"])))


def is_v6(shot):
    return ":" in shot["address"]


def opened(shot, kind, protocol=0):
    v6 = is_v6(shot)
    sock = socket.socket(socket.AF_INET6 if v6 else ipv4.FAMILY, kind | socket.SOCK_NONBLOCK, protocol)
    if shot.get("ttl") is not None:
        level, name = (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) if v6 else (socket.IPPROTO_IP, socket.IP_TTL)
        sock.setsockopt(level, name, shot["ttl"])
    if shot.get("df") and v6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)
    elif shot.get("df"):
        sock.setsockopt(socket.IPPROTO_IP, ipv4.IP_MTU_DISCOVER, ipv4.IP_PMTUDISC_PROBE)
    return sock


def filled(shot, header):
    """The mark, then zeros up to the size that the whole packet is to have."""
    mark = shot["mark"].encode()
    room = shot["size"] - (HEADER_V6 if is_v6(shot) else ipv4.HEADER) - header
    return mark + bytes(max(0, room - len(mark)))


def attempt(send):
    try:
        send()
        return 0
    except BlockingIOError:
        return 0
    except OSError as error:
        return error.errno


def hear(sock, shot):
    """What the socket got, once it is ready: an outcome, or None for what is no answer to the shot."""
    if shot["protocol"] == "tcp":
        failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not failed:
            attempt(lambda: sock.send(REQUEST))  # a question, so that the connection's data is seen, too
        return of_errno(failed)["outcome"] if failed else "ok"
    try:
        data, sender = sock.recvfrom(1 << 16)
    except OSError as error:
        return None if error.errno == errno.EAGAIN else of_errno(error.errno)["outcome"]
    if shot["protocol"] == "udp":
        return "ok" if sender[:2] == (shot["address"], shot["port"]) else None
    reply = data[0] == ECHO_REPLY_V6 if is_v6(shot) else data[(data[0] & 15) * 4] == ipv4.ECHO_REPLY
    return "ok" if reply and shot["mark"].encode() in data else None
