"""The network namespaces of a node. A socket stays in the namespace it was made in, so one process can probe from all of them:
it enters one, makes a socket there, and goes on."""

import os

from ..namespaces import setns


class NetnsError(Exception):
    """A namespace that cannot be entered: nothing can be probed from it."""


class Namespaces:
    def __init__(self, containers):
        self._containers = containers
        self._opened = {"self": os.open("/proc/self/ns/net", os.O_RDONLY)}
        self._inside = "self"

    def open(self, where):
        """`where` is "self", {"pause": container} or {"name": what `ip netns` calls it}. Returns a handle for `enter`."""
        if where == "self":
            return "self"
        kind, name = next(iter(where.items()))
        path = f"/run/netns/{name}" if kind == "name" else f"/proc/{self._pause(name)}/ns/net"
        if path not in self._opened:
            try:
                self._opened[path] = os.open(path, os.O_RDONLY)
            except OSError as error:
                raise NetnsError(f"network namespace of {name} cannot be opened ({path}): {error.strerror}") from None
        return path

    def enter(self, handle):
        """Puts this process into the namespace. @raise NetnsError"""
        if handle == self._inside:
            return
        try:
            setns(self._opened[handle])
        except OSError as error:
            raise NetnsError(f"setns was refused: {error.strerror}; it takes the capability SYS_ADMIN") from None
        self._inside = handle

    def _pause(self, name):
        pid, state = self._containers.pid(name)
        if not pid:
            raise NetnsError(f"pause container {name} is {state}, so its pod has no network namespace")
        return pid
