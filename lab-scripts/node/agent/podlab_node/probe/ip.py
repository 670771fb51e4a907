"""The family of an address: ipv4.py or ipv6.py, which have the same functions."""

import socket

from . import ipv4, ipv6


def of(address):
    return ipv6 if ":" in address else ipv4


def canonical(address):
    """The address as the kernel's answers are written, too (RFC 5952)."""
    return socket.inet_ntop(ipv6.FAMILY, socket.inet_pton(ipv6.FAMILY, address)) if ":" in address else address
