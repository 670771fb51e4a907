"""The BGP daemon, BIRD 2: it runs, tries every session, and the kernel has the routes that it chose. Its configuration is a file
of the state. To look at it: `birdc show protocols`, `birdc show route all`."""
import os
import time

from .difference import NOTHING, Difference
from .tools import Tool, ToolError

RUN = "/run/bird"


def differences(wanted, found):
    """@param wanted whether it is to run @param found the namespace's kernel, as in found.py"""
    asked = [_ask("-r", *words.split()) for words in ("show status", "show protocols", "show route primary where source = RTS_BGP")]
    (code, _, _), (_, protocols, _), (_, chosen, _) = [tool.wait() for tool in asked]
    runs = code == 0
    if not wanted:
        return [Difference("BIRD", NOTHING, "running")] if runs else []
    if not runs:
        return [Difference("BIRD", "running", NOTHING)]
    rows = [line.split() for line in protocols.splitlines()]
    # Where it tries in vain it does all that it can: why there is no session is to be found with the neighbour.
    off = [row[0] for row in rows if len(row) > 3 and row[1] == "BGP" and row[3] == "down"]
    here = [Difference(f"BGP session {name}", "up, or tried", "down") for name in off]
    best = sorted(line.split()[0] for line in chosen.splitlines() if " unicast " in line)
    installed = sorted(route["dst"] for route in found.routes if route.get("protocol") == "bird")
    if best != installed:
        here.append(Difference("routes that BIRD has learned", " ".join(best) or NOTHING, " ".join(installed) or NOTHING))
    return here


def make(wanted, found, say):
    for one in differences(wanted, found):
        if not wanted:
            _ask("down").output()
        elif one.subject == "BIRD":
            os.makedirs(RUN, exist_ok=True)
            Tool("/usr/sbin/bird").output()
            _wait()
        elif one.subject.startswith("BGP session"):
            _ask("enable", f"'{one.subject.rpartition(' ')[2]}'").output()
        else:
            # The kernel's table is compared with its own every 2 s.
            continue
        say(one.done())


def configure():
    """Has it read its configuration again. Sessions whose part of it is the same go on."""
    if _ask("-r", "show", "status").wait()[0] == 0:
        said = _ask("configure").output()
        if "Reconfigur" not in said:
            raise ToolError(f"BIRD did not take its configuration: {' '.join(said.split())}")


def _ask(*words):
    return Tool("birdc", *words, limit=3)


def _wait():
    until = time.monotonic() + 2
    while True:
        code, said, complaint = _ask("-r", "show", "status").wait()
        if code == 0:
            return
        if time.monotonic() > until:
            raise ToolError(f"BIRD does not answer within 2 s: {' '.join((complaint or said).split())}")
        time.sleep(0.02)
