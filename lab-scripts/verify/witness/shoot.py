"""Sends a shot: the packet of a failed probe once more, so marked that it is known wherever it is seen."""

import socket
import struct

import ipv4

# linux/tcp.h: the sequence number a connection begins with can be set while it is "repaired"; CRIU restores them so.
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
SEND_QUEUE, OFF_WITHOUT_PROBE = 2, -1
REQUEST = b"GET / HTTP/1.0\r\nHost: podlab\r\n\r\n"


def fire(shot):
    """Must be called in the shot's namespace. Returns (socket to keep open, 0 or the errno of the kernel's refusal)."""
    return {"icmp": icmp, "tcp": tcp, "udp": udp}[shot["protocol"]](shot)


def icmp(shot):
    sock = socket.socket(ipv4.FAMILY, socket.SOCK_RAW | socket.SOCK_NONBLOCK, ipv4.ICMP)
    if shot.get("df"):
        sock.setsockopt(socket.IPPROTO_IP, ipv4.IP_MTU_DISCOVER, ipv4.IP_PMTUDISC_PROBE)
    mark = shot["mark"].encode()
    payload = mark + bytes(max(0, shot["size"] - ipv4.HEADER - ipv4.ECHO_HEADER - len(mark)))
    identifier, sequence = shot["sourcePort"], shot["shot"] + 1
    head = struct.pack("!BBHHH", ipv4.ECHO_REQUEST, 0, 0, identifier, sequence)
    checked = struct.pack("!BBHHH", ipv4.ECHO_REQUEST, 0, ipv4.checksum(head + payload), identifier, sequence)
    ttl = ipv4.with_ttl(shot.get("ttl"))
    return sock, attempt(lambda: sock.sendmsg([checked + payload], ttl, 0, (shot["address"], 0)))


def tcp(shot):
    sock = socket.socket(ipv4.FAMILY, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(ipv4.TCP, TCP_REPAIR, 1)
    sock.setsockopt(ipv4.TCP, TCP_REPAIR_QUEUE, SEND_QUEUE)
    sock.setsockopt(ipv4.TCP, TCP_QUEUE_SEQ, struct.pack("I", shot["isn"]))
    sock.setsockopt(ipv4.TCP, TCP_REPAIR, OFF_WITHOUT_PROBE)
    return sock, attempt(lambda: sock.connect((shot["address"], shot["port"])))


def udp(shot):
    sock = socket.socket(ipv4.FAMILY, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    attempt(lambda: sock.bind(("", shot["sourcePort"])))
    return sock, attempt(lambda: sock.sendto(shot["mark"].encode() + b"\n", (shot["address"], shot["port"])))


def attempt(send):
    try:
        send()
        return 0
    except BlockingIOError:
        return 0
    except OSError as error:
        return error.errno


def request(sock):
    """On a connection that stands: a question, so that its data is seen, too."""
    try:
        sock.send(REQUEST)
    except OSError:
        pass

