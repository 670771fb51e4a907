"""Network namespaces. A thread that enters one stays there, and so do the tools that it starts (setns(2))."""
import os

CLONE_NEWNET = 0x40000000


class Namespace:
    """A namespace by the process that is in it."""

    def __init__(self, pid="thread-self"):
        self._file = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)

    def enter(self):
        setns(self._file)

    def close(self):
        os.close(self._file)


def setns(file):
    """Enters the network namespace of an open file. Python has it from 3.12."""
    if hasattr(os, "setns"):
        os.setns(file, CLONE_NEWNET)
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(file, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def inode(pid):
    """Returns the number that processes of one network namespace share; None without a process."""
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino if pid else None
    except OSError:
        return None
