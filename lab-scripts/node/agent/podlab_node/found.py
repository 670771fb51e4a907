"""What there is in a network namespace, as the tools tell it: one process a tool."""
import json
import os
from types import SimpleNamespace

from . import iptables, nft, paths
from .tools import Tool, ToolError

#: All but the rules are of both families.
SHOWN = "address show\nroute show table all\nrule show\nneighbour show nud permanent\nneighbour show proxy\n"
IPTABLES = "/usr/sbin/iptables-save"
LEGACY = {"iptables-legacy": "ip_tables_names", "ip6tables-legacy": "ip6_tables_names"}


class Look:
    """Starts the tools in the calling thread's namespace; `found` waits for them, from wherever the thread is by then."""

    def __init__(self, with_ipv6):
        self._ip = Tool("ip", "-d", "-j", "-force", "-batch", "-", given=SHOWN)
        self._rules6 = Tool("ip", "-6", "-j", "rule", "show") if with_ipv6 else None
        self._fdb = Tool("bridge", "-j", "fdb", "show")
        self._qdiscs = Tool("tc", "-j", "qdisc", "show")
        self._nft = nft.tables()
        self._tables = {name: Tool(f"{name}-save") for name in ("iptables", "ip6tables", *_legacy())}

    def found(self):
        shown, routes, rules, neighbours, proxies = _lists(self._ip, 5)
        return SimpleNamespace(
            links=_by_name(shown),
            routes=routes,
            # By family.
            rules={4: rules, 6: _lists(self._rules6, 1)[0] if self._rules6 else []},
            neighbours=neighbours,
            proxies=proxies,
            fdb=_lists(self._fdb, 1)[0],
            qdiscs=_lists(self._qdiscs, 1)[0],
            # By tool, iptables and ip6tables among them.
            tables={name: iptables.parse(tool.output()) for name, tool in self._tables.items()},
            # As nft.tables has them.
            nft=self._nft,
        )


def links():
    """Returns the interfaces alone, of the calling thread's namespace. @raise ToolError"""
    return _by_name(_lists(Tool("ip", "-d", "-j", "address", "show"), 1)[0])


def _by_name(shown):
    """Returns what `ip -d -j address show` prints, by the kernel's names."""
    return {link["ifname"]: link for link in shown if "ifname" in link}


def _legacy():
    """The kernel keeps two sets of tables (iptables-nft(8)); these are of the older one, where that is not what iptables itself means."""
    if not os.path.realpath(IPTABLES).endswith("nft-multi"):
        return []
    return [tool for tool, listed in LEGACY.items() if paths.read(f"/proc/thread-self/net/{listed}")]


def _lists(tool, count):
    """Returns the JSON lists that a tool printed, one a command of its batch."""
    code, out, err = tool.wait()
    decoder, lists, at = json.JSONDecoder(), [], 0
    out = out.strip()
    while at < len(out):
        one, at = decoder.raw_decode(out, at)
        lists.append(one)
        while at < len(out) and out[at].isspace():
            at += 1
    if len(lists) != count:
        raise ToolError(f"{count} lists expected, {len(lists)} printed: {err or f'exit code {code}'}")
    return lists
