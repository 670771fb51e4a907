"""Processes that somebody has stopped by a signal (SIGSTOP): an engine, or a pod's server, that is there and does nothing."""
import os
import signal

from . import engine, paths
from .difference import Difference

STOPPED = "stopped by a signal"


def differences():
    """A job that a shell has suspended is somebody's at a terminal. A bare namespace shares the machine's processes."""
    if paths.root:
        return
    for pid in sorted(int(one) for one in os.listdir("/proc") if one.isdigit()):
        # pid (name) state ppid pgrp session tty_nr … (proc_pid_stat(5)); the name may hold anything.
        head, _, rest = paths.text(f"/proc/{pid}/stat").rpartition(")")
        state = rest.split()
        if state[:1] == ["T"] and state[4] == "0":
            yield Difference(f"process {pid} ({head.partition('(')[2]})", "running", STOPPED)


def wake(say):
    """What else differs can be mended only then."""
    containerd = paths.text(engine.CONTAINERD)
    for one in differences():
        pid = one.subject.split()[1]
        os.kill(int(pid), signal.SIGCONT)
        say(one.done())
        if pid == containerd:
            # It tells of what ended meanwhile twice. dockerd would start such a container twice at once, and go on ending one for the other.
            engine.end(engine.DOCKERD)
