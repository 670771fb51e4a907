"""What a container runtime does with a CNI configuration: runs its plugins for eth0 of a pod's namespace.

Each plugin gets the result of the one before it. The last result is kept: CHECK and DEL are asked with it, and DEL in the opposite order.
(CNI specification 1.0.0, sections 3 and 4; libcni does the same for kubelet's runtimes.)
"""
import json
import os

from . import paths
from .difference import NOTHING, Difference
from .tools import ENVIRONMENT, Tool

PLUGINS = "/usr/lib/cni"
LISTS = "/etc/cni/net.d"
RESULTS = "/var/lib/cni/results"


class CniError(Exception):
    """A plugin failed; the message is what it said."""


def differences(name, pod, pid):
    """Says whether the plugins have plugged this namespace in; its addresses and routes are told with the kernel's."""
    kept = _kept(name)
    wanted = f"{pod['address']} {pod['cni']['mac']}"
    found = f"{kept['address']} {kept['mac']}" if kept.get("netns") == f"/proc/{pid}/ns/net" else NOTHING
    if found != wanted:
        yield Difference(f"CNI result of {name}", wanted, found)


def plug(name, pod, pid):
    """Unplugs it first: a pause container that was started again has a new namespace, and its address is taken still."""
    at = f"/proc/{pid}/ns/net"
    unplug(name, at)
    add(name, at, pod["address"], pod["cni"]["mac"])


def add(name, netns, address="", mac=""):
    _all("ADD", name, {"netns": netns, "address": address, "mac": mac})


def check(name):
    """Asks the plugins whether all is as they left it. @raise CniError"""
    kept = _kept(name)
    if not kept:
        raise CniError(f"CNI CHECK of {name}: it was never added")
    _all("CHECK", name, kept, kept["result"])


def unplug(name, netns=""):
    """@param netns nothing: it is gone with its interface"""
    kept = _kept(name)
    _all("DEL", name, {"netns": netns, "address": kept.get("address", ""), "mac": kept.get("mac", "")}, kept.get("result"))
    if kept:
        os.remove(_path(name))


def stale(pods):
    """Pods that are plugged in and not in the state any more."""
    there = paths.names(RESULTS)
    if there and _lists():
        prefix, suffix = f"{_network()['name']}-", "-eth0"
        for one in there:
            name = one.removeprefix(prefix).removesuffix(suffix)
            if one == f"{prefix}{name}{suffix}" and name not in pods:
                yield Difference(f"CNI result of {name}", NOTHING, "one")


def _all(verb, name, asked, result=None):
    network = _network()
    plugins = network["plugins"]
    for plugin in reversed(plugins) if verb == "DEL" else plugins:
        said = _run(verb, name, asked, network, plugin, result)
        result = json.loads(said) if verb == "ADD" else result
    if verb == "ADD":
        paths.write(_path(name), json.dumps({**asked, "result": result}, indent=2).encode())


def _run(verb, name, asked, network, plugin, result):
    config = {**plugin, "name": network["name"], "cniVersion": network["cniVersion"]}
    if result is not None:
        config["prevResult"] = result
    offered = {"ips": [asked["address"]] if asked["address"] else None, "mac": asked["mac"]}
    wanted = plugin.get("capabilities", {})
    config["runtimeConfig"] = {key: value for key, value in offered.items() if value and wanted.get(key)}
    environment = {**ENVIRONMENT, "CNI_COMMAND": verb, "CNI_CONTAINERID": name, "CNI_IFNAME": "eth0", "CNI_NETNS": asked["netns"], "CNI_PATH": PLUGINS}
    code, said, complaint = Tool(os.path.join(PLUGINS, plugin["type"]), given=json.dumps(config), environment=environment).wait()
    if code == 0:
        return said
    try:
        error = json.loads(said)
        reason = " ".join(filter(None, [error.get("msg"), error.get("details")]))
    except ValueError:
        reason = (complaint or said).strip() or f"exit code {code}"
    raise CniError(f"CNI {verb} of {name}, plugin {plugin['type']}: {reason}")


def _lists():
    return [one for one in paths.names(LISTS) if one.endswith(".conflist")]


def _network():
    """A runtime takes the first list of the directory."""
    with open(os.path.join(LISTS, _lists()[0])) as file:
        return json.load(file)


def _path(name):
    return os.path.join(RESULTS, f"{_network()['name']}-{name}-eth0")


def _kept(name):
    try:
        return json.loads(paths.read(_path(name)) or "{}")
    except (ValueError, OSError, LookupError):
        return {}
