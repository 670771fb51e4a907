"""Applies the units of a node that was just made, all in one go: one `docker exec` instead of one a unit.

The first line of standard input is JSON: [{"name", "kind", "order", "generation", "text", "spec", "after": ["bridge-cbr0"], "linked": true}];
the second, `plugged`, comes when the node is plugged in everywhere. A unit is applied as soon as those it comes after are,
and one that is `linked` only then. Stored and noted as run.sh does it. Answers with a line for each unit that was applied:
its name. What could not be applied is left to its own run, which says why.

It begins when it is imported: the modules of a prober that follows (then_probe.py) are made ready while the engine starts.
"""
import fcntl
import posix as os
import time

import jsontext
import new_host
from background import Background

UNITS = "/var/lib/podlab/units"
NOTHING = "/dev/null"
BOOTED_WITHIN = 60


class Unit(Background):
    def __init__(self, spec):
        super().__init__(self.proceed)
        self.spec = spec
        self.applied = False

    def proceed(self):
        for earlier in self.spec["after"]:
            if earlier in units:
                units[earlier].join()
        if self.spec["linked"]:
            links.join()
            if not plugged:
                return
        self.applied = self.apply()

    def apply(self):
        name = self.spec["name"]
        path = f"{UNITS}/{self.spec['order']}-{name}.unit"
        with open(f"/run/podlab/{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with open(path + ".new", "w") as file:
                file.write(self.spec["text"])
            os.rename(path + ".new", path)
            if not (self.make() or self.run_text(path)):
                return False
            with open(path + ".generation", "w") as file:
                print(self.spec["generation"], file=file)
        return True

    def make(self):
        """A quicker way, for a kind that has one. The unit's own text tells better what stands in its way, and mends it."""
        maker = new_host.MAKERS.get(self.spec["kind"])
        if maker is None:
            return False
        try:
            maker(self.spec["spec"])
            return True
        except (OSError, ValueError):
            return False

    def run_text(self, path):
        environment = dict(os.environ)
        if self.spec["kind"] == "bridge":
            # The engine has no container yet that would have to be plugged in (bridge.sh).
            environment["CONTAINERS"] = NOTHING
        quiet = [(os.POSIX_SPAWN_OPEN, stream, NOTHING, os.O_RDWR, 0) for stream in (0, 1, 2)]
        shell = os.posix_spawn("/bin/sh", ["sh", path, "apply"], environment, file_actions=quiet)
        return os.waitpid(shell, 0)[1] == 0


heard = bytearray()


def read_line():
    """The next line of standard input, as far as it goes; past Python's own buffer, from which no prober would read on."""
    while b"\n" not in heard:
        piece = os.read(0, 1 << 16)
        if not piece:
            break
        heard.extend(piece)
    line, _, rest = bytes(heard).partition(b"\n")
    heard[:] = rest
    return line.decode()


def await_links():
    # Another line instead, or none: a link could not be made.
    plugged.extend(read_line().split())


def await_boot():
    """The entrypoint applies what it finds stored, and is still looking."""
    until = time.monotonic() + BOOTED_WITHIN
    while not os.access("/run/podlab/ready", os.F_OK) and time.monotonic() < until:
        time.sleep(0.02)


def make_folder(path):
    try:
        os.mkdir(path)
    except FileExistsError:
        pass


def tell():
    """Says of each unit that was applied that it is."""
    for name, unit in units.items():
        unit.join()
        if unit.applied:
            print(name, flush=True)


job = jsontext.loads(read_line())
plugged = []
await_boot()
for folder in ("/var/lib/podlab", UNITS, "/run/podlab"):
    make_folder(folder)
units = {spec["name"]: Unit(spec) for spec in job}
links = Background(await_links)
for thread in [links, *units.values()]:
    thread.start()
if __name__ == "__main__":
    tell()
