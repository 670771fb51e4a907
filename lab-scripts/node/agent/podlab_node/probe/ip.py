"""The family of an address: ipv4.py or ipv6.py, which have the same functions."""

import socket

from . import ipv4, ipv6


def of(address):
    return ipv6 if ":" in address else ipv4


def key_of(protocol, sock, address, port):
    """What the packets of a connected socket are known by: protocol, own address and port, the other's."""
    return (protocol, *sock.getsockname()[:2], address, port)


def canonical(address):
    """The address as the kernel's answers are written, too (RFC 5952)."""
    return socket.inet_ntop(ipv6.FAMILY, socket.inet_pton(ipv6.FAMILY, address)) if ":" in address else address
