"""`podlab-node observe`: what of the node is not as its state says. Reads only."""
import json
import os
import socket

from . import bird, files, kernel, links, paths, processes, servers, state
from .difference import Difference
from .namespaces import Namespace
from .tools import ToolError

#: Of an engine that hangs nothing more can be said.
PATIENCE = 3


def report():
    """Returns what `observe` prints."""
    try:
        wanted, digest = state.load()
        # What differs from a state that was edited says nothing of the plan.
        differences = differing(wanted) if state.is_as_told(digest) else _without_state("as it was told", "it edited since")
    except state.StateError as error:
        wanted, digest = {}, None
        differences = _without_state("there", str(error))
    return {
        "version": 2,
        "node": wanted.get("node", socket.gethostname()),
        "booted": os.path.exists(paths.at("/run/podlab/ready")),
        "digest": digest,
        "generation": state.generation(),
        "record": state.record(),
        "faults": [about for _, about in state.faults()],
        "differences": differences,
    }


def _without_state(wanted, found):
    """What can be told without the state that the node was told."""
    stored = Difference("stored state /var/lib/podlab/state.json", wanted, found)
    return [one.told(socket.gethostname()) for one in (stored, *processes.differences())]


def differing(wanted):
    node, pods = wanted["node"], wanted["pods"]
    told = []

    def tell(namespace, some):
        told.extend(one.told(namespace) for one in some)

    tell(node, processes.differences())
    known, ports, looks = {}, set(), {}
    if "engine" in wanted:
        from . import pods as host

        known = host.look(wanted, tell, PATIENCE)
    own = Namespace()
    node_look = kernel.look(wanted["kernel"])
    for name, pid in known.items():
        namespace = Namespace(pid)
        namespace.enter()
        looks[name] = namespace, kernel.look(pods[name]["kernel"])
    own.enter()
    try:
        found = node_look.found()
        for name, (namespace, look) in looks.items():
            here = look.found()
            ports |= links.other_ends(pods[name]["kernel"]["interfaces"], here.links)
            namespace.enter()
            tell(f"{node}/{name}", kernel.differences(pods[name]["kernel"], here))
            namespace.close()
        own.enter()
        tell(node, kernel.differences(wanted["kernel"], found, ports))
        if wanted.get("bird") or os.path.exists("/run/bird/bird.ctl"):
            tell(node, bird.differences(wanted.get("bird", False), found))
    except ToolError as error:
        tell(node, [Difference("kernel", "an answer", str(error))])
    tell(node, files.differences(wanted["files"]))
    tell(node, servers.differences(wanted["servers"]))
    return told


def main():
    print(json.dumps(report()))
