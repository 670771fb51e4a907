"""What a namespace's kernel holds: addresses, routes, neighbours, settings, listening ports, rules with their counters."""

import json

from ..paths import names, text
from ..rules import KERNELS
from ..tools import Tool

SETTINGS = ["ip_forward", "icmp_echo_ignore_all", "ip_default_ttl"]
PER_INTERFACE = ["forwarding", "rp_filter", "arp_ignore"]
LISTENING = "0A"  # TCP_LISTEN (include/net/tcp_states.h), as /proc/net/tcp writes it
PATIENCE = 5  # seconds for one command


def run(*command):
    """(standard output, what it complained of)."""
    code, said, complaint = Tool(*command, limit=PATIENCE).wait()
    return said, (complaint or f"exit code {code}") if code else ""


def rules():
    """What the tools save, with counters, each below a line with its name; of the kernel's older tables, too, where somebody uses
    them. A tool that fails is missing: its rules are not known."""
    older = ["iptables-legacy"] if text("/proc/net/ip_tables_names") else []
    saved = ((tool, *run(f"{tool}-save", "-c")) for tool in ["iptables", *older, "ip6tables"])
    return "".join(f"# {tool}\n{said}" for tool, said, complaint in saved if not complaint)


class Unread(Exception):
    """A tool failed: an empty list would say that there is nothing."""


def listed(*command):
    said, complaint = run(*command)
    try:
        if not complaint:
            return json.loads(said or "[]")
    except ValueError:
        complaint = "no JSON"
    raise Unread(f"{' '.join(command)}: {complaint}")


def state(pid):
    """The rest. @param pid: a process of the namespace; /proc/PID/net is that process' own @raise Unread"""
    return {
        "links": listed("ip", "-j", "address"),
        "routes": listed("ip", "-j", "route") + routes6(),
        "policies": policies(),
        "neighbours": listed("ip", "-j", "neighbour"),
        "queues": [
            {name: queue.get(name) for name in ("dev", "kind", "drops")} for queue in listed("tc", "-j", "-s", "qdisc")
        ],
        "settings": settings(),
        "listening": listening(pid),
    }


def bridges():
    """The ports of bridges, and where they, and tunnels, know MAC addresses."""
    return {"ports": listed("bridge", "-j", "-d", "link"), "fdb": listed("bridge", "-j", "fdb")}


def flows(shots):
    """Flows of datagrams to where shots are sent, from whatever port (conntrack(8))."""
    asked = {(shot["address"], str(shot["port"])) for shot in shots if shot["protocol"] == "udp"}
    family = {True: "ipv6", False: "ipv4"}
    listed = (run("conntrack", "-L", "-f", family[":" in to], "-p", "udp", "-d", to, "--dport", port)[0] for to, port in sorted(asked))
    return [line for said in listed for line in said.splitlines()]


def routes6():
    """As of IPv4; only the default route is written otherwise, to tell it from IPv4's."""
    return [{**one, "dst": "::/0"} if one["dst"] == "default" else one for one in listed("ip", "-6", "-j", "route")]


def policies():
    """The rules of policy routing (ip-rule(8)) that a new namespace does not have."""
    said, complaint = run("ip", "rule")
    if complaint:
        raise Unread(f"ip rule: {complaint}")
    lines = (" ".join(line.split()) for line in said.splitlines())
    return [line for line in lines if line not in KERNELS[4]]


def settings():
    root = "/proc/sys/net/ipv4"
    found = {name: text(f"{root}/{name}") for name in SETTINGS}
    found["ipv6_forwarding"] = text("/proc/sys/net/ipv6/conf/all/forwarding")
    for dev in names(f"{root}/conf"):
        for name in PER_INTERFACE:
            found[f"{dev}.{name}"] = text(f"{root}/conf/{dev}/{name}")
    return found


def listening(pid):
    """TCP ports, and UDP ports that are bound."""
    found = set()
    for name in ("tcp", "tcp6", "udp", "udp6"):
        for line in text(f"/proc/{pid}/net/{name}").splitlines()[1:]:
            words = line.split()
            if name.startswith("udp") or words[3] == LISTENING:
                found.add(f"{name[:3]} {int(words[1].rsplit(':', 1)[1], 16)}")
    return sorted(found)


def lookup(destination, source, dev):
    """What the routing decides: `ip route get`."""
    command = ["ip", "-o", "route", "get", destination]
    command += ["from", source] if source else []
    command += ["iif", dev] if dev else []
    said, complaint = run(*command)
    return {"command": " ".join(command[:1] + command[2:]), "answer": " ".join(said.split()), "complaint": complaint}
