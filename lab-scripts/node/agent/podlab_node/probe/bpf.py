"""Packet filters of sockets: classic BPF (linux/filter.h)."""

import socket
import struct
from array import array

SO_ATTACH_FILTER = 26  # asm-generic/socket.h


def attach(sock, steps):
    """The socket hears only what the filter returns bytes of. A step: code, jump if true, jump if false, operand."""
    program = array("B", b"".join(struct.pack("HBBI", *step) for step in steps))
    address, _ = program.buffer_info()
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(steps), address))
