"""Looks into a host, as observe.sh does, and then waits for a prober's job: one Python for both. Sent to python3 with the modules of
containers.py and of the prober (verify/program.ts). Argument: the text of observe.sh. A line of its own follows the look.
"""
import posix as os
import sys

import containers
import main

LOOKED = b"=== looked ===\n"  # no unit's name begins like this


def look(script):
    """What the shell would have to start a Python for is in files before it begins."""
    files = {name: f"/run/podlab/{name.lower()}.{os.getpid()}" for name in ("CONTAINERS", "ANSWERS")}
    try:
        with open(files["CONTAINERS"], "w") as listed, open(files["ANSWERS"], "w") as answered:
            containers.look(listed, answered)
        silent = (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)
        shell = os.posix_spawn("/bin/sh", ["sh", "-c", script], {**os.environ, **files}, file_actions=[silent])
        os.waitpid(shell, 0)
    finally:
        for file in files.values():
            try:
                os.remove(file)
            except FileNotFoundError:
                pass


look(sys.argv[1])
os.write(1, LOOKED)
main.run()
