"""Questions to the node's own Docker engine, over its socket: no CLI to start, no library to import."""

import json
import os
import socket


class EngineError(Exception):
    """The engine gave no usable answer."""


class Engine:
    def __init__(self, path, timeout):
        self._path = path
        self._timeout = timeout
        self._broken = None

    def get(self, request):
        """GET of the Docker Engine API. Returns None for 404. The first failure to talk is remembered."""
        if self._broken:
            raise EngineError(self._broken)
        try:
            answer = self._ask(f"GET {request} HTTP/1.0\r\nHost: engine\r\n\r\n".encode())
        except OSError as error:
            self._broken = f"the engine at {self._path} does not answer: {error}"
            raise EngineError(self._broken) from None
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1:2]
        if status == [b"404"]:
            return None
        if status != [b"200"]:
            raise EngineError(f"the engine answered {head.splitlines()[:1]} to GET {request}")
        return json.loads(body.decode())

    def _ask(self, request):
        """HTTP/1.0: the answer comes in one piece and ends with the connection."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(self._timeout)
            sock.connect(self._path)
            sock.sendall(request)
            return b"".join(iter(lambda: sock.recv(1 << 16), b""))
        finally:
            sock.close()

    def inspect(self, name):
        if not name.replace("_", "").replace(".", "").replace("-", "").isalnum() or not name.isascii():
            raise EngineError(f"{name!r} is no container name")
        return self.get(f"/containers/{name}/json")

    def pid(self, name):
        """(process id in this container's view or 0, state in words)."""
        found = self.inspect(name)
        if found is None:
            return 0, "not there"
        return found["State"]["Pid"], found["State"]["Status"]

    def facts(self):
        """All containers of the engine, as the engine and the kernel see them."""
        found = [self.inspect(entry["Id"]) for entry in self.get("/containers/json?all=1")]
        return [describe(container) for container in found if container]


def describe(container):
    state, pid = container["State"], container["State"]["Pid"]
    return {
        "name": container["Name"].lstrip("/"),
        "id": container["Id"],
        "image": container["Config"]["Image"],
        "labels": container["Config"]["Labels"] or {},
        "networkMode": container["HostConfig"]["NetworkMode"],
        "state": state["Status"],
        "startedAt": state["StartedAt"],
        "restarts": container["RestartCount"],
        "engineAddresses": sorted(
            network["IPAddress"] for network in container["NetworkSettings"]["Networks"].values() if network["IPAddress"]
        ),
        "pid": pid,
        "netns": netns_inode(pid),
        "addresses": local_addresses(pid),
        "addresses6": global_addresses6(pid),
    }


def netns_inode(pid):
    """Two processes with the same number share a network namespace; None without a process."""
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino if pid else None
    except OSError:
        return None


def local_addresses(pid):
    """IPv4 addresses that the process' namespace calls its own, loopback left out (proc(5), fib_trie)."""
    found, last = set(), ""
    try:
        with open(f"/proc/{pid}/net/fib_trie", encoding="ascii") as table:
            for line in table:
                words = line.split()
                if words[:1] == ["|--"]:
                    last = words[1]
                elif words[:3] == ["/32", "host", "LOCAL"] and not last.startswith("127."):
                    found.add(last)
    except OSError:
        return []
    return sorted(found)


def global_addresses6(pid):
    """IPv6 addresses of global scope, unique local ones included, that the process' namespace holds (proc(5), if_inet6)."""
    try:
        with open(f"/proc/{pid}/net/if_inet6", encoding="ascii") as table:
            rows = [line.split() for line in table]
    except OSError:
        return []
    return sorted(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(row[0])) for row in rows if row[3] == "00")
