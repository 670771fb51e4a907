"""The desired state as it is kept in the node, its generation, and the faults that somebody injected."""
import hashlib
import json
import os

from . import paths


class StateError(Exception):
    """There is no state, or not one that can be read."""


def load():
    """Returns the stored state and the digest of its bytes. @raise StateError"""
    content = paths.read(f"{paths.stored()}/state.json")
    if content is None:
        raise StateError("no file that can be read")
    return parse(content), digest(content)


def parse(content):
    """@raise StateError"""
    try:
        state = json.loads(content)
    except ValueError as error:
        raise StateError(f"no JSON: {error}") from None
    if not isinstance(state, dict) or state.get("version") != 2:
        raise StateError("not a state of version 2")
    return state


def digest(content):
    return hashlib.sha256(content).hexdigest()


def record():
    """Returns the digest of the record of the lab, which the verification gives to the router; None where there is none."""
    content = paths.read(f"{paths.stored()}/lab.json")
    return None if content is None else digest(content)


def store(content):
    paths.write(f"{paths.stored()}/state.json", content)
    paths.write(_told(), digest(content).encode())


def is_as_told(found):
    """@param found the digest of what is stored @return whether it is what `apply` was given, and not edited since"""
    return paths.read(_told()) == found.encode()


def _told():
    return f"{paths.stored()}/state.json.sha256"


def generation():
    """Returns the generation that was applied whole; None where none was."""
    found = paths.text(f"{paths.stored()}/generation")
    return int(found) if found.isdecimal() else None


def note_generation(number):
    """@param number None: from now on something may differ"""
    path = f"{paths.stored()}/generation"
    if number is not None:
        paths.write(path, f"{number}\n".encode())
    elif os.path.exists(path):
        os.remove(path)


def faults():
    """Returns the notes of faults, the newest first: path, and what was done. A note undoes its fault by `sh NOTE undo`."""
    folder = f"{paths.stored()}/faults"
    return [(f"{folder}/{one}", _about(f"{folder}/{one}")) for one in reversed(paths.names(folder)) if one.endswith(".fault")]


def _about(path):
    """The first line is `# podlab: fault NAME TARGET`."""
    return paths.text(path).partition("\n")[0].removeprefix("# podlab: fault ").strip()
