"""A pod's containers in the host's engine: a pause container that owns the network namespace, and others that join it.

A container says by a label what it was made from, so each is told and repaired on its own.
"""
import hashlib
import json
import threading

from .difference import NOTHING, Difference
from .namespaces import inode

POD_LABEL = "dev.podlab.pod"
SPEC_LABEL = "dev.podlab.spec"
#: One shim for all containers of a host: each of its own takes 25 ms of processor time and 5 MiB (containerd, runtime v2, "shim grouping").
SHARED_SHIM = {"io.containerd.runc.v2.group": "pods"}
#: An engine that hung has not noticed that the process has ended.
UNNOTICED = "running without its process"
_first_start = threading.Lock()
_started = []


def inventory(engine):
    """Returns all containers of the engine as `docker inspect` shows them, by name."""
    found = [engine.get(f"/containers/{one['Id']}/json") for one in engine.get("/containers/json?all=1")]
    return {one["Name"].lstrip("/"): one for one in found if one}


def bodies(name, pod, network):
    """Returns what the engine's API takes to create each of a pod's containers, by its name; the pause container first.

    @param network the engine's network that plugs the pod in; None where CNI plugins do
    """
    pause = pod["pause"]
    # No kind of ICMP error is rationed, so that every closed UDP port says so; a list of nothing, for icmp/ratemask, changes nothing.
    sysctls = {"net.ipv4.icmp_ratemask": "0", **({"net.ipv6.icmp.ratemask": "255"} if "address6" in pod else {})}
    addresses = {key: pod[own] for key, own in (("IPv4Address", "address"), ("IPv6Address", "address6")) if own in pod}
    mode = network["name"] if network else "none"
    plug = {"NetworkingConfig": {"EndpointsConfig": {mode: {"IPAMConfig": addresses}}}} if network else {}
    made = {pause["name"]: _body(pause, {"NetworkMode": mode, "Sysctls": sysctls}, {"Hostname": name, **plug})}
    for other, container in pod["containers"].items():
        made[other] = _body(container, {"NetworkMode": f"container:{pause['name']}"}, {})
    for body in made.values():
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
        body["Labels"] = {POD_LABEL: name, SPEC_LABEL: digest}
    return made


def _body(container, host, more):
    return {
        "Image": container["image"],
        # The engine leaves the image's CMD out where ENTRYPOINT is given, as Kubernetes has it.
        "Entrypoint": container["command"] or None,
        "Cmd": container["args"] or None,
        "Env": [f"{name}={value}" for name, value in container["env"].items()],
        # A process without a handler for SIGTERM, as PID 1: a polite stop would take Docker's ten seconds.
        "StopSignal": "KILL",
        "HostConfig": {**host, "RestartPolicy": {"Name": "always"}, "Annotations": SHARED_SHIM},
        **more,
    }


def differences(name, wanted, found):
    """@param wanted as `bodies` has them @param found as `inventory` has them"""
    pause = next(iter(wanted))
    for container, body in wanted.items():
        one, subject = found.get(container), f"container {container}"
        if one is None:
            yield Difference(subject, "running", NOTHING)
        elif spec_of(one) != spec_of(body) or pod_of(one) != name:
            yield Difference(subject, "as in the plan", "one made from something else")
        elif not is_running(one):
            yield Difference(subject, "running", state_of(one))
        elif container != pause and is_running(found.get(pause)) and not shares(one, found[pause]):
            yield Difference(subject, f"in the network namespace of {pause}", "in another")
        elif container == pause and plugs_of(one) != plugs_of(body):
            yield Difference(f"networks of {container}", plugs_of(body), plugs_of(one))
    for container, one in found.items():
        if pod_of(one) == name and container not in wanted:
            yield Difference(f"container {container}", NOTHING, state_of(one))


def create(engine, name, body):
    made = engine.post(f"/containers/create?name={name}", body)
    start(engine, made["Id"])


def start(engine, container):
    # Of two that are the first to be started each would get a shim.
    if not _started:
        with _first_start:
            if not _started:
                engine.post(f"/containers/{container}/start")
                _started.append(container)
                return
    engine.post(f"/containers/{container}/start")


def replace(engine, name, body):
    remove(engine, name)
    create(engine, name, body)


def remove(engine, container):
    engine.delete(f"/containers/{container}?force=1&v=1")


def spec_of(one):
    return _labels(one).get(SPEC_LABEL)


def pod_of(one):
    return _labels(one).get(POD_LABEL)


def _labels(one):
    return one.get("Labels") or one.get("Config", {}).get("Labels") or {}


def state_of(one):
    status = one["State"]["Status"]
    return UNNOTICED if status == "running" and inode(pid_of(one)) is None else status


def is_running(one):
    return one is not None and state_of(one) == "running"


def pid_of(one):
    return one["State"]["Pid"]


def shares(one, other):
    """Those of a container that outlived its pause container are still in the dead one's namespace."""
    return inode(pid_of(one)) == inode(pid_of(other)) is not None


def plugs_of(one):
    """Returns the engine's networks that a container is, or is to be, plugged into, with its addresses there."""
    ends = one.get("NetworkSettings", one.get("NetworkingConfig", {}))
    ends = ends.get("Networks", ends.get("EndpointsConfig")) or {"none": {}}
    texts = []
    for network, end in sorted(ends.items()):
        asked = end.get("IPAMConfig") or {}
        texts.append(" ".join([network, *(asked[key] for key in ("IPv4Address", "IPv6Address") if asked.get(key))]))
    return ", ".join(texts)
