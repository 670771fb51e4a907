"""Where the agent keeps things. In a bare network namespace on a developer's machine all of them lie below `--root`."""
import os

root = ""


def at(path):
    """Returns where an absolute path of the node's is."""
    return root + path


def stored():
    """Returns the folder of what outlives a restart of the node."""
    return _folder("/var/lib/podlab")


def running():
    """Returns the folder of what is new at every start (a tmpfs)."""
    return _folder("/run/podlab")


def write(path, content):
    """Replaces a file as a whole: a reader sees the old content or the new one."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.replace(path + ".new", path)


def read(path):
    """Returns a file's bytes; None where it can't be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def text(path):
    """Returns a file's text without the white space around it; nothing where it can't be read."""
    return (read(path) or b"").decode(errors="replace").strip()


def names(folder):
    """Returns what is in a folder, in order; nothing where there is none."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _folder(path):
    os.makedirs(at(path), exist_ok=True)
    return at(path)
