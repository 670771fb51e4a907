"""Processes that somebody has stopped by a signal (SIGSTOP): an engine, or a pod's server, that is there and does nothing."""
import os
import signal

from . import paths
from .difference import Difference

STOPPED = "stopped by a signal"


def differences():
    """A job that a shell has suspended is somebody's at a terminal. A bare namespace shares the machine's processes."""
    if paths.root:
        return
    for pid in sorted(int(one) for one in os.listdir("/proc") if one.isdigit()):
        # pid (name) state ppid pgrp session tty_nr … (proc_pid_stat(5)); the name may hold anything.
        head, _, rest = (paths.read(f"/proc/{pid}/stat") or b"").decode(errors="replace").rpartition(")")
        state = rest.split()
        if state[:1] == ["T"] and state[4] == "0":
            yield Difference(f"process {pid} ({head.partition('(')[2]})", "running", STOPPED)


def wake(say):
    """What else differs can be mended only then."""
    for one in differences():
        os.kill(int(one.subject.split()[1]), signal.SIGCONT)
        say(one.done())
