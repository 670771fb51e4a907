"""Containers of the node's engine, as the engine and the kernel see them."""

import socket

from .. import paths
from ..engine import NoAnswer
from ..namespaces import inode


class Containers:
    """An engine that does not answer is asked once: a job of many pods would wait for it once for each."""

    def __init__(self, engine):
        self._engine = engine
        self._broken = None

    def pid(self, name):
        """Returns the process id in this node's view, or 0, and the state in words. @raise EngineError"""
        found = self._inspect(name)
        if found is None:
            return 0, "not there"
        return found["State"]["Pid"], found["State"]["Status"]

    def facts(self):
        """Returns what is told of each container. @raise EngineError"""
        found = [self._inspect(entry["Id"]) for entry in self._get("/containers/json?all=1")]
        return [describe(container) for container in found if container]

    def states(self):
        """Returns name, state and status of each container. @raise EngineError"""
        return [
            {"name": one["Names"][0].lstrip("/"), "state": one["State"], "status": one["Status"]}
            for one in self._get("/containers/json?all=1")
        ]

    def _inspect(self, name):
        return self._get(f"/containers/{name}/json")

    def _get(self, path):
        if self._broken:
            raise self._broken
        try:
            return self._engine.get(path)
        except NoAnswer as error:
            self._broken = error
            raise


def describe(container):
    pid = container["State"]["Pid"]
    return {
        "name": container["Name"].lstrip("/"),
        "id": container["Id"],
        "networkMode": container["HostConfig"]["NetworkMode"],
        "state": container["State"]["Status"],
        "netns": inode(pid),
        "addresses": local_addresses(pid),
        "addresses6": global_addresses6(pid),
    }


def local_addresses(pid):
    """IPv4 addresses that the process' namespace calls its own, loopback left out (proc(5), fib_trie)."""
    found, last = set(), ""
    for line in paths.text(f"/proc/{pid}/net/fib_trie").splitlines():
        words = line.split()
        if words[:1] == ["|--"]:
            last = words[1]
        elif words[:3] == ["/32", "host", "LOCAL"] and not last.startswith("127."):
            found.add(last)
    return sorted(found)


def global_addresses6(pid):
    """IPv6 addresses of global scope, unique local ones included, that the process' namespace holds (proc(5), if_inet6)."""
    rows = [line.split() for line in paths.text(f"/proc/{pid}/net/if_inet6").splitlines()]
    return sorted(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(row[0])) for row in rows if row[3] == "00")
