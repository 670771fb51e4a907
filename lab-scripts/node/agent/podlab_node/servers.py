"""Servers of the node itself that say who they are and whom they see; the program is the pods' (pod/bin/serve)."""
import os
import socket
import time

from . import paths
from .difference import NOTHING, Difference
from .tools import ENVIRONMENT

PROGRAMS = ("/usr/local/share/podlab/pod/bin/serve", os.path.join(os.path.dirname(__file__), "../../pod/bin/serve"))
#: On a machine that starts the engines of a whole lab at the same time it may take a second.
STARTS_WITHIN = 5


def differences(wanted):
    """Asks them from the calling thread's namespace."""
    for port, identity in wanted.items():
        found = identity_at(int(port))
        if found != identity:
            yield Difference(f"server on port {port}", identity, found or NOTHING)
    for port in _noted():
        if port not in wanted:
            yield Difference(f"server on port {port}", NOTHING, identity_at(int(port)) or "one that does not answer")


def make(wanted, say):
    for one in differences(wanted):
        port = one.subject.rpartition(" ")[2]
        _stop(port)
        if port in wanted:
            _start(port, wanted[port])
        say(one.done())


def identity_at(port):
    """Returns what the server on this port calls itself; nothing where none answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as server:
            server.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: server.recv(4096), b"")).decode(errors="replace")
    except OSError:
        return ""
    _, _, identity = answer.partition('"server":"')
    return identity.partition('"')[0]


def _start(port, identity):
    program = next(one for one in PROGRAMS if os.path.exists(one))
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    environment = {**ENVIRONMENT, "PODLAB_IDENTITY": identity}
    pid = os.posix_spawn(program, [program, port], environment, file_actions=quiet, setsid=True)
    paths.write(_note(port), str(pid).encode())
    until = time.monotonic() + STARTS_WITHIN
    while identity_at(int(port)) != identity:
        if time.monotonic() > until:
            raise OSError(f"the server did not answer on port {port} within {STARTS_WITHIN} s")
        time.sleep(0.02)


def _stop(port):
    import signal

    pid = paths.text(_note(port))
    # Another process may have that number by now.
    if pid.isdecimal() and "serve" in paths.text(f"/proc/{pid}/cmdline"):
        os.kill(int(pid), signal.SIGKILL)
        until = time.monotonic() + 1
        while identity_at(int(port)) and time.monotonic() < until:
            time.sleep(0.01)
    if pid:
        os.remove(_note(port))


def _note(port):
    return f"{paths.running()}/server-{port}.pid"


def _noted():
    there = paths.names(paths.at("/run/podlab"))
    return [one[len("server-") : -len(".pid")] for one in there if one.startswith("server-") and one.endswith(".pid")]
