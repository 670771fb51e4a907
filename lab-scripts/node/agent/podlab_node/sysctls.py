"""Settings below /proc/sys that decide what becomes of a packet (Documentation/networking/ip-sysctl.rst)."""
from . import paths
from .difference import Difference

ROOT = "/proc/sys/"
STAGE = "sysctl"


def differences(wanted, names):
    """Reads them in the calling thread's namespace. @param names the kernel's names of the plan's interfaces"""
    values = {}
    for name, value in wanted.items():
        values.update(dict.fromkeys(_expanded([names.get(part) or part for part in name.split("/")]), value))
    for path, value in values.items():
        found = read(path)
        # One that the kernel does not have counts as 0.
        if found is None and value != "0":
            yield Difference(f"sysctl {path}", value, "nothing: the machine's kernel does not have it" + _hint(path))
        elif found not in (value, None):
            yield Difference(f"sysctl {path}", value, found or "an empty value", (STAGE, f"{path}={value}"))


def of_new(wanted, interface):
    """Returns what sets an interface that is about to be made, by its name; where its settings aren't there yet, nothing differs."""
    return [(STAGE, f"{name}={value}") for name, value in wanted.items() if interface in name.split("/")]


def read(path):
    found = paths.read(ROOT + path)
    return None if found is None else found.decode().strip()


def write(text):
    """@param text PATH=VALUE @return why it could not be written, or nothing"""
    path, _, value = text.partition("=")
    try:
        with open(ROOT + path, "w") as file:
            file.write(value)
    except OSError as error:
        return f"{ROOT}{path}: {error.strerror}"
    return ""


def _expanded(parts):
    if "*" not in parts:
        return ["/".join(parts)]
    at = parts.index("*")
    folder = "/".join(parts[:at])
    return [f"{folder}/{one}/{'/'.join(parts[at + 1:])}" for one in paths.names(ROOT + folder)]


def _hint(path):
    return "; load the module on the machine: modprobe br_netfilter" if path.startswith("net/bridge/") else ""
