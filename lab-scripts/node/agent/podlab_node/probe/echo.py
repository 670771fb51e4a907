"""ICMP echo: the probe `icmp`, and what `path` and `mtu` build on."""

import errno
import struct

from . import ip
from .loop import now
from .outcome import of_errno

SIZE = 84  # bytes of a packet, as ping sends it
MARK = b"podlab"
PAUSES = (0.25, 0.5, 0.75)  # seconds until an unanswered request is sent again; the last one repeats
FILTERED = "; the sender's own filter drops it (EPERM)"


def icmp(source, probe, task):
    """Echo request and reply."""
    return ask(source, task, probe["address"], now() + probe["timeout"])


def ask(source, task, address, deadline):
    """Asks until an answer or an ICMP error comes, or time is up."""
    flow, key = source.expect_echo(task, address)
    sock = source.icmp(address)
    started, lost = now(), ""
    try:
        for sent, until in tries(deadline):
            failure = send(sock, key, address, SIZE)
            if failure == errno.EPERM:
                lost = FILTERED
            elif failure:
                return of_errno(failure)
            yield from settled((flow,), until)
            if flow.error:
                return flow.error.result()
            if flow.answered:
                answer = {"outcome": "ok", "ttl": flow.ttl, "rttMs": milliseconds(started)}
                return answer if sent == 1 else answer | {"asked": sent}
        return {"outcome": "timeout", "detail": f"{sent} echo requests, no answer{lost}"}
    finally:
        source.forget(key)


def tries(deadline):
    """Yields of each sending, at least one, which it is and until when its answer is waited for."""
    sent = 0
    while not sent or now() < deadline:
        pause = PAUSES[min(sent, len(PAUSES) - 1)]
        sent += 1
        yield sent, min(deadline, now() + pause)


def settled(flows, until):
    """Waits until every flow was answered or ended in an error, or until the time given."""
    for flow in flows:
        while not (flow.answered or flow.error) and now() < until:
            yield until


def send(sock, key, address, size, ttl=None):
    """Sends one echo request; 0 or an errno."""
    family = ip.of(address)
    ancillary = [] if ttl is None else [(family.LEVEL, family.TTL, struct.pack("i", ttl))]
    try:
        sock.sendmsg([family.echo_request(key[1], key[2], size, MARK)], ancillary, 0, (address, 0))
        return 0
    except OSError as error:
        return error.errno


def milliseconds(started):
    return round((now() - started) * 1000, 3)
