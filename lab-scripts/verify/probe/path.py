"""The routers on the way: echo requests of rising TTL, all at once (traceroute's method)."""

import echo
from loop import now
from outcome import TIME_EXCEEDED, of_errno

LONGEST = 8  # hops tried unless told


def path(source, probe, task):
    address, longest = probe["address"], probe.get("hops", LONGEST)
    deadline = now() + probe["timeout"]
    sent = [source.expect_echo(task, address) for _ in range(longest)]
    flows = [flow for flow, _ in sent]
    try:
        for pause in (0.3, 0.7, probe["timeout"]):
            for ttl, (flow, key) in enumerate(sent, 1):
                if not (flow.answered or flow.error):
                    failure = echo.send(source.icmp, key, address, echo.SIZE, ttl)
                    if failure:
                        return of_errno(failure)
            yield from known(flows, min(deadline, now() + pause))
            if told(flows) or now() >= deadline:
                return describe(flows)
    finally:
        for _, key in sent:
            source.forget(key)


def told(flows):
    """True once all hops up to the first that ends the path have answered."""
    for flow in flows:
        if flow.answered or (flow.error and flow.error.kind != TIME_EXCEEDED):
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
        if flow.error and flow.error.kind != TIME_EXCEEDED:
            return flow.error.result() | {"hops": hops}
        hops.append(flow.error.sender if flow.error else "*")
    silent = hops[-1] == "*"
    while hops and hops[-1] == "*":
        hops.pop()
    if silent:
        return {"outcome": "timeout", "hops": hops, "detail": f"no hop answered after the first {len(hops)}"}
    return {"outcome": "ttl-exceeded", "hops": hops, "icmpFrom": hops[-1], "detail": f"not there after {len(hops)} hops"}
