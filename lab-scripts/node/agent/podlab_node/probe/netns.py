"""Doors into network namespaces. A socket stays in the namespace it was made in, so one process can probe
from all of a node's namespaces: it enters one, makes a socket there, and goes on."""

import os

CLONE_NEWNET = 0x40000000


class NetnsError(Exception):
    """A namespace that cannot be entered: nothing can be probed from it."""


class Doors:
    def __init__(self, engine):
        self._engine = engine
        self._opened = {}
        self._inside = "self"

    def open(self, where):
        """`where` is "self", {"pause": container} or {"name": what `ip netns` calls it}. Returns a handle for `enter`."""
        if "self" not in self._opened:
            self._opened["self"] = os.open("/proc/self/ns/net", os.O_RDONLY)
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
        """Puts this process into the namespace."""
        if handle == self._inside:
            return
        setns(self._opened[handle])
        self._inside = handle

    def _pause(self, name):
        pid, state = self._engine.pid(name)
        if not pid:
            raise NetnsError(f"pause container {name} is {state}, so its pod has no network namespace")
        return pid


def setns(fd):
    """setns(2); Python has it from 3.12."""
    if hasattr(os, "setns"):
        os.setns(fd, CLONE_NEWNET)
        return
    # What the package ctypes is built on: to import that takes 6 ms.
    import _ctypes

    if _ctypes.call_function(_ctypes.dlsym(_ctypes.dlopen(None, 0), "setns"), (fd, CLONE_NEWNET)):
        raise NetnsError("setns was refused; it takes the capability SYS_ADMIN")
