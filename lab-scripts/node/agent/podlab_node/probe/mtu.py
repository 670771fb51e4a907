"""The largest packet with DF set that arrives whole (path MTU discovery, RFC 1191; in IPv6 no router splits any, RFC 8201)."""

import errno
import socket
import struct

from . import echo, ip
from .loop import now
from .outcome import of_errno

LARGEST = 65535
REACH = 3.5  # seconds for a small packet, before any large one
PATIENCE = 0.3  # seconds for one size; a packet that is too large for a link that says nothing is just lost


def mtu(source, probe, task):
    address, deadline = probe["address"], now() + probe["timeout"]
    reached = yield from echo.ask(source, task, address, min(deadline, now() + REACH))
    if reached["outcome"] != "ok":
        return reached
    sock = source.socket(address, socket.SOCK_RAW, ip.of(address).ICMP)
    try:
        ip.of(address).unsplit(sock)
        return (yield from search(source, sock, address, task, deadline))
    finally:
        sock.close()


def search(source, sock, address, task, deadline):
    """Follows the MTUs that routers name; halves the interval where they name none."""
    passes, fails = ip.of(address).SMALLEST, LARGEST + 1
    size, silent, told_by = LARGEST, 0, None
    while fails - passes > 1:
        if now() >= deadline:
            return {"outcome": "timeout", "detail": f"between {passes} and {fails - 1} bytes when time was up"}
        verdict, hint, sender = yield from try_size(source, sock, address, task, size)
        if verdict == "ok":
            passes, size = size, size + 1
        elif verdict == "too-large":
            fails, told_by = size, sender or told_by
            size = hint if hint and passes < hint < fails else (passes + fails) // 2
        elif verdict == "silence":
            fails, silent, size = size, silent + 1, (passes + size) // 2
        else:
            return verdict
        if not passes < size < fails:
            size = (passes + fails) // 2
    found = {"outcome": "ok", "mtu": passes}
    if told_by:
        found["icmpFrom"] = told_by
    if silent:
        found["detail"] = f"{silent} larger packets vanished without an ICMP error: a path MTU black hole"
    return found


def try_size(source, sock, address, task, size):
    """One size: ("ok" | "too-large" | "silence" | a result that ends the search, MTU named, who named it)."""
    flow, key = source.expect_echo(task, address)
    try:
        for _ in range(2):
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # an earlier ICMP error must not fail this send
            failure = echo.send(sock, key, address, size)
            if failure == errno.EMSGSIZE:
                return "too-large", local_mtu(sock, ip.of(address)), None
            # The other end of a veth takes no more than its own MTU; a socket with IP_RECVERR is told of the loss.
            if failure and failure != errno.ENOBUFS:
                return of_errno(failure), None, None
            yield from echo.settled((flow,), now() + PATIENCE)
            if flow.answered:
                return "ok", None, None
            if flow.error:
                error = flow.error
                if error.outcome() == "fragmentation-needed":
                    return "too-large", error.mtu, error.sender
                return error.result(), None, None
        return "silence", None, None
    finally:
        source.forget(key)


def local_mtu(sock, family):
    """The MTU in the newest error of the socket's queue (ip(7), IP_RECVERR: ee_info of EMSGSIZE; ipv6(7) alike)."""
    found = None
    while True:
        try:
            _, ancillary, _, _ = sock.recvmsg(0, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return found
        for level, kind, data in ancillary:
            if (level, kind) == (family.LEVEL, family.RECVERR):
                number, _, _, _, _, info = struct.unpack_from("IBBBBI", data)
                if number == errno.EMSGSIZE:
                    found = info
