"""Files of the node that the state decides: BIRD's configuration, a CNI list."""
import json
import os

from . import paths
from .difference import NOTHING, Difference


def content(wanted):
    """Returns the bytes of a file: lines of text, or JSON."""
    text = "\n".join(wanted["lines"]) if "lines" in wanted else json.dumps(wanted["json"], indent=2)
    return f"{text}\n".encode()


def differences(wanted):
    for path, one in wanted.items():
        found = paths.read(paths.at(path))
        if found != content(one):
            yield Difference(f"file {path}", "as in the plan", NOTHING if found is None else _first_other(content(one), found))


def make(wanted, before, say):
    """@param before those of the state before: what is not wanted any more goes @return what differed"""
    other = list(differences(wanted))
    for one in other:
        path = one.subject.removeprefix("file ")
        paths.write(paths.at(path), content(wanted[path]))
        say(one.done())
    for path in before:
        if path not in wanted and os.path.exists(paths.at(path)):
            os.remove(paths.at(path))
            say(f"removed file {path}")
    return other


def _first_other(wanted, found):
    lines = wanted.decode().splitlines()
    for line in found.decode(errors="replace").splitlines():
        if line not in lines:
            return f"a line {line.strip()[:200]!r}"
    return "fewer lines, or another order"
