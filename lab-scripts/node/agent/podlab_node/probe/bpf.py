"""Packet filters of sockets: classic BPF (linux/filter.h)."""

import struct

import socket

SO_ATTACH_FILTER = 26  # asm-generic/socket.h


def attach(sock, steps):
    """The socket hears only what the filter returns bytes of. A step: code, jump if true, jump if false, operand."""
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    # CPython keeps the bytes of a bytes object at its end, before a zero. The module array would say where as well, and takes as
    # long to import as a hundred probes.
    address = id(program) + bytes.__basicsize__ - 1
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(steps), address))
