"""TCP: connect, ask the server who it is and whom it sees, read the answer."""

import errno
import select
import socket
import struct

from . import ip
from .answer import read_identity
from .echo import milliseconds
from .loop import now
from .outcome import of_errno
from .source import ICMP_ERROR

REQUEST = b"GET / HTTP/1.0\r\nHost: podlab\r\n\r\n"
LONGEST_ANSWER = 1 << 16
# Close with a RST (socket(7), SO_LINGER): whoever tracks connections on the way, the machine's own kernel among them, forgets
# this one in 10 s; of one that both sides closed it keeps a note for 120 (nf_conntrack_tcp_timeout_close and _time_wait), and
# Docker looks through all of them for every endpoint that it removes.
AT_ONCE = struct.pack("ii", 1, 0)
TOTAL_RETRANS = 100  # offset of tcpi_total_retrans, a u32, in struct tcp_info (linux/tcp.h)


def tcp(source, probe, task):
    """`ask: false` ends the probe once the connection stands."""
    address, port, deadline = probe["address"], probe["port"], now() + probe["timeout"]
    source.hear_tcp(address)
    sock = source.socket(address, socket.SOCK_STREAM)
    key = None
    try:
        if probe.get("ask", True):
            # The request follows at once and says that the SYN-ACK came (tcp(7)): a packet less through every node on the way.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        started = now()
        failure = sock.connect_ex((address, port))
        key = ip.key_of(socket.IPPROTO_TCP, sock, address, port)
        flow = source.expect(key, task, address)
        if failure not in (0, errno.EINPROGRESS):
            source.drain()
            return failed(flow, failure)
        source.loop.watch(sock.fileno(), select.EPOLLOUT, task.wake)
        event = yield deadline
        if flow.ttl is None:
            source.drain()
        failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if flow.error or failure:
            return failed(flow, failure)
        if event is None:
            return {"outcome": "timeout", "detail": "no answer to the SYNs"}
        seen = {"outcome": "ok", "ttl": flow.ttl, "rttMs": milliseconds(started)}
        if probe.get("ask", True):
            # Patience is for silence: it begins anew with what was heard.
            seen = yield from ask(source, sock, task, flow, seen, now() + probe["timeout"])
        again = retransmitted(sock)
        return seen | {"asked": again + 1} if again else seen
    finally:
        source.loop.unwatch(sock.fileno())
        source.forget(key)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        sock.close()


def ask(source, sock, task, flow, seen, deadline):
    received = bytearray()
    try:
        sock.send(REQUEST)
        source.loop.watch(sock.fileno(), select.EPOLLIN, task.wake)
        while len(received) < LONGEST_ANSWER:
            event = yield deadline
            if event == ICMP_ERROR:  # no more than a hint once a connection stands (RFC 1122, 4.2.3.9)
                continue
            if event is None:
                late = {"outcome": "timeout", "detail": "connected, but the server did not finish its answer"}
                return (flow.error.result() if flow.error else late) | {"ttl": flow.ttl}
            piece = sock.recv(1 << 14)
            if not piece:
                break
            received += piece
    except OSError as error:
        return of_errno(error.errno) | {"ttl": flow.ttl, "detail": f"connected, then {error.strerror}"}
    return seen | read_identity(bytes(received))


def retransmitted(sock):
    """Segments that had to be sent again, the SYN among them."""
    told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TOTAL_RETRANS + 4)
    return struct.unpack_from("I", told, TOTAL_RETRANS)[0] if len(told) >= TOTAL_RETRANS + 4 else 0


def failed(flow, failure):
    """A connection that did not come about: an ICMP error says more than connect's errno."""
    if flow.error:
        return flow.error.result()
    result = of_errno(failure)
    if failure == errno.ECONNREFUSED:
        result |= {"ttl": flow.ttl, "detail": "TCP RST"}
    return result
