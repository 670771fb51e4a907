"""The routers on the way: echo requests of rising TTL (traceroute's method)."""

import errno

from . import echo
from .loop import now
from .outcome import of_errno

LONGEST = 8  # hops tried unless told
PER_HOP = 0.15  # seconds until the next hop is tried; a later answer still counts
AGAIN = (0.3, 0.7)  # seconds after which hops that said nothing are asked once more


def path(source, probe, task):
    address, longest = probe["address"], probe.get("hops", LONGEST)
    deadline = now() + probe["timeout"]
    sent = []
    try:
        # One hop after the other: a router without a route tells each sender of five lost packets, then of one
        # a second (ip_error in the kernel's net/ipv4/route.c), and other probes want to be told too.
        for ttl in range(1, longest + 1):
            sent.append(source.expect_echo(task, address))
            failure = echo.send(source.icmp(address), sent[-1][1], address, echo.SIZE, ttl)
            if failure and failure != errno.EPERM:  # what the sender's own filter drops is lost like any other
                return of_errno(failure) | {"hops": []}
            yield from echo.settled((sent[-1][0],), min(deadline, now() + PER_HOP))
            if any(ends(flow) for flow, _ in sent):
                break
            # Patience is for silence: on a busy machine hop by hop takes its time.
            if sent[-1][0].error:
                deadline = now() + probe["timeout"]
        flows = [flow for flow, _ in sent]
        for pause in AGAIN:
            for ttl, (flow, key) in enumerate(sent, 1):
                if not told(flows) and not (flow.answered or flow.error):
                    echo.send(source.icmp(address), key, address, echo.SIZE, ttl)
            yield from known(flows, min(deadline, now() + pause))
        # The kernel gives up on a neighbour after three seconds, and says so.
        yield from known(flows, deadline)
        return describe(flows)
    finally:
        for _, key in sent:
            source.forget(key)


def ends(flow):
    """True once an answer came that is not a hop's."""
    return flow.answered or (flow.error and flow.error.outcome() != "ttl-exceeded")


def told(flows):
    """True once all hops up to the first that ends the path have answered."""
    for flow in flows:
        if ends(flow):
            return True
        if not flow.error:
            return False
    return True


def known(flows, until):
    while now() < until and not told(flows):
        yield until


def describe(flows):
    hops = []
    for flow in flows:
        if flow.answered:
            return {"outcome": "ok", "hops": hops, "ttl": flow.ttl}
        if ends(flow):
            # Who says this may have been silent for smaller TTLs: such errors are rate-limited (icmpRateLimit.ts).
            return flow.error.result() | {"hops": without_silent_end(hops)}
        hops.append(flow.error.sender if flow.error else "*")
    silent = hops[-1] == "*"
    hops = without_silent_end(hops)
    if silent:
        return {"outcome": "timeout", "hops": hops, "detail": f"no hop answered after the first {len(hops)}"}
    return {"outcome": "ttl-exceeded", "hops": hops, "icmpFrom": hops[-1], "detail": f"not there after {len(hops)} hops"}


def without_silent_end(hops):
    end = len(hops)
    while end and hops[end - 1] == "*":
        end -= 1
    return hops[:end]
