"""What the raw sockets of both families have in common: how they are made, packet filters (linux/filter.h), ancillary data."""

import socket
import struct
from array import array

SO_ATTACH_FILTER = 26  # asm-generic/socket.h
ANCILLARY = 128  # bytes: hop limit and destination, with room


def opened(family, protocol):
    """One with room for the answers to all that is sent at once."""
    sock = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return sock


def attach(sock, steps):
    """The socket hears only what the filter, classic BPF, returns bytes of. A step: code, jump if true, jump if false, operand."""
    program = array("B", b"".join(struct.pack("HBBI", *step) for step in steps))
    address, _ = program.buffer_info()
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(steps), address))


def received(sock):
    """Yields packet, ancillary data and sender of all that the socket holds."""
    while True:
        try:
            packet, ancillary, _, sender = sock.recvmsg(2048, ANCILLARY)
        except BlockingIOError:
            return
        yield packet, ancillary, sender[0]


def number(ancillary, level, kind):
    """The int of that kind out of recvmsg's ancillary data; None where there is none."""
    return next((struct.unpack_from("i", data)[0] for *of, data in ancillary if of == [level, kind]), None)
