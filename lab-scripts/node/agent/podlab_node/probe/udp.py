"""UDP: one datagram, answered by a server, by an ICMP error, or by nothing."""

import errno
import select
import socket

from . import ip, raw
from .answer import read_identity
from .echo import FILTERED, milliseconds, tries
from .loop import now
from .outcome import of_errno

QUESTION = b"who are you, and whom do you see?\n"


def udp(source, probe, task):
    address, port, deadline = probe["address"], probe["port"], now() + probe["timeout"]
    family = ip.of(address)
    sock = source.socket(address, socket.SOCK_DGRAM)
    key = None
    try:
        sock.setsockopt(family.LEVEL, family.RECVTTL, 1)
        failure = sock.connect_ex((address, port))
        if failure:
            return of_errno(failure)
        key = ip.key_of(socket.IPPROTO_UDP, sock, address, port)
        flow = source.expect(key, task, address)
        source.loop.watch(sock.fileno(), select.EPOLLIN, task.wake)
        return (yield from ask(source, family, sock, flow, deadline))
    finally:
        source.loop.unwatch(sock.fileno())
        source.forget(key)
        sock.close()


def ask(source, family, sock, flow, deadline):
    started, lost = now(), ""
    for sent, until in tries(deadline):
        try:
            sock.send(QUESTION)
        except OSError as error:
            source.drain()
            if flow.error:
                return flow.error.result()
            if error.errno != errno.EPERM:
                return of_errno(error.errno)
            lost = FILTERED
        while now() < until:
            event = yield until
            if event != select.EPOLLIN:
                source.drain()
            if flow.error:
                return flow.error.result()
            answer = receive(family, sock)
            if answer is not None:
                again = {"asked": sent} if sent > 1 else {}
                return answer | {"rttMs": milliseconds(started)} | again
    return {"outcome": "timeout", "detail": f"{sent} datagrams, no answer{lost}"}


def receive(family, sock):
    """The answer, or None while there is none."""
    try:
        data, ancillary, _, _ = sock.recvmsg(1 << 16, 64)
    except BlockingIOError:
        return None
    except OSError as error:
        return of_errno(error.errno)
    return {"outcome": "ok", "ttl": raw.number(ancillary, family.LEVEL, family.TTL)} | read_identity(data)
