"""From what the kernel says to an outcome of infra/spec/outcome.ts."""

import errno
import os

# ICMP types and codes: RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1.
UNREACHABLE, TIME_EXCEEDED = 3, 11
REFUSED_CODES = {2, 3}  # protocol, port
FRAGMENTATION_NEEDED_CODE = 4
PROHIBITED_CODES = {9, 10, 13, 14, 15}

# What a namespace's own kernel answers to connect or send, without a packet on any wire. A blackhole route
# on the sender answers EINVAL, a prohibit route EACCES (ip-route(8)).
LOCAL = {
    errno.ENETUNREACH: "no-route",
    errno.EHOSTUNREACH: "no-route",
    errno.ENETDOWN: "no-route",
    errno.EADDRNOTAVAIL: "no-route",  # no address to send from
    errno.EINVAL: "no-route",
    errno.EACCES: "prohibited",
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "refused",
    errno.ENOPROTOOPT: "refused",
    errno.EMSGSIZE: "fragmentation-needed",
    errno.ETIMEDOUT: "timeout",
}


class IcmpError:
    """An ICMP error that quotes a packet of ours."""

    __slots__ = ("kind", "code", "sender", "mtu", "ttl")
    NAME = "ICMP"

    def __init__(self, kind, code, sender, mtu, ttl):
        self.kind = kind
        self.code = code
        self.sender = sender
        self.mtu = mtu
        self.ttl = ttl

    def outcome(self):
        if self.kind == TIME_EXCEEDED:
            return "ttl-exceeded"
        if self.code in REFUSED_CODES:
            return "refused"
        if self.code == FRAGMENTATION_NEEDED_CODE:
            return "fragmentation-needed"
        if self.code in PROHIBITED_CODES:
            return "prohibited"
        return "no-route"

    def result(self):
        return {
            "outcome": self.outcome(),
            "icmpFrom": self.sender,
            "ttl": self.ttl,
            "detail": f"{self.NAME} type {self.kind} code {self.code} from {self.sender}",
        }


class Icmp6Error(IcmpError):
    """RFC 4443, 3: an error about an IPv6 packet."""

    __slots__ = ()
    NAME = "ICMPv6"
    TOO_BIG, EXCEEDED, PROBLEM = 2, 3, 4
    KINDS = {TOO_BIG: "fragmentation-needed", EXCEEDED: "ttl-exceeded", PROBLEM: "refused"}
    # Of unreachable: administratively prohibited, source address failed policy, reject route; port.
    UNREACHABLE = {1: "prohibited", 5: "prohibited", 6: "prohibited", 4: "refused"}

    def outcome(self):
        return self.KINDS.get(self.kind) or self.UNREACHABLE.get(self.code, "no-route")


def of_errno(number):
    """The outcome when the sender's own kernel said no."""
    outcome = LOCAL.get(number)
    text = f"{os.strerror(number)} ({errno.errorcode.get(number, number)})"
    if outcome is None:
        return {"outcome": "probe-error", "detail": text}
    return {"outcome": outcome, "detail": f"the sender's own kernel: {text}"}
