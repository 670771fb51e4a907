"""Sends a shot: one packet, so marked that it is known wherever it is seen; and hears what its socket gets for it."""

import errno
import socket
import struct

from ..probe import ip, ipv4
from ..probe.outcome import of_errno

# linux/tcp.h: the sequence number a connection begins with can be set while it is "repaired"; CRIU restores them so.
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
SEND_QUEUE, OFF_WITHOUT_PROBE = 2, -1
REQUEST = b"GET / HTTP/1.0\r\nHost: podlab\r\n\r\n"
UDP_HEADER = 8


def fire(shot):
    """Must be called in the shot's namespace. Returns (socket to keep open, 0 or the errno of the kernel's refusal)."""
    return {"icmp": icmp, "tcp": tcp, "udp": udp}[shot["protocol"]](shot)


def icmp(shot):
    family = ip.of(shot["address"])
    sock = opened(shot, socket.SOCK_RAW, family.ICMP)
    packet = family.echo_request(shot["sourcePort"], shot["shot"] + 1, shot["size"], shot["mark"].encode())
    return sock, attempt(lambda: sock.sendto(packet, (shot["address"], 0)))


def tcp(shot):
    sock = opened(shot, socket.SOCK_STREAM)
    attempt(lambda: sock.bind(("", shot["sourcePort"])))
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, SEND_QUEUE)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ, struct.pack("I", shot["isn"]))
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, OFF_WITHOUT_PROBE)
    return sock, attempt(lambda: sock.connect((shot["address"], shot["port"])))


def udp(shot):
    sock = opened(shot, socket.SOCK_DGRAM)
    attempt(lambda: sock.bind(("", shot["sourcePort"])))
    # The mark, then zeros up to the size that the whole packet is to have.
    filled = shot["mark"].encode().ljust(shot["size"] - ip.of(shot["address"]).HEADER - UDP_HEADER, b"\0")
    return sock, attempt(lambda: sock.sendto(filled, (shot["address"], shot["port"])))


def opened(shot, kind, protocol=0):
    family = ip.of(shot["address"])
    sock = socket.socket(family.FAMILY, kind | socket.SOCK_NONBLOCK, protocol)
    if shot.get("ttl") is not None:
        sock.setsockopt(family.LEVEL, family.SENT_TTL, shot["ttl"])
    if shot.get("df"):
        sock.setsockopt(family.LEVEL, family.MTU_DISCOVER, family.PMTUDISC_PROBE)
    return sock


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
    family = ip.of(shot["address"])
    at = (data[0] & 15) * 4 if family is ipv4 else 0  # of IPv6 no header is heard
    return "ok" if data[at] == family.ECHO_REPLY and shot["mark"].encode() in data else None
