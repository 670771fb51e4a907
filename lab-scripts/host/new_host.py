"""What engine.sh and pod.sh do in a host that was just made, over the engine's socket: a docker CLI takes some 35 ms of
processor time, a curl 10, and a host with four pods would start a dozen. Sent to python3 with units.py (verify/program.ts).

The engine's API is documented with Docker's engine (v1.45, Docker 26.1). No module that takes longer to import than to do without:
json, shlex, socket and subprocess are as much as Python's own start.
"""
import _thread
import time

import _socket as socket
import jsontext

SOCKET = "/var/run/docker.sock"
ROOTFS = "/usr/local/share/podlab/pod"
ENGINE_STARTS_WITHIN = 60
# Pods are made side by side. Of two that are the first to be started each would get a shim.
first_start, has_shim = _thread.allocate_lock(), []
PATIENCE = 120


def make_engine(spec):
    """Waits for it; then the network that plugs pods in, and their image, which is there as a rule (image/engine/pod-store.py).
    spec: the variables of the unit, as engine.sh has them."""
    await_engine()
    if spec["BRIDGE"]:
        make_network(spec)
    if not any(spec["IMAGE"] + ":latest" in (image["RepoTags"] or []) for image in jsontext.loads(ask("GET", "/images/json").decode())):
        make_image(spec["IMAGE"])


def make_image(name):
    import subprocess

    tar = subprocess.run(["tar", "-C", ROOTFS, "-c", "."], stdout=subprocess.PIPE)
    if tar.returncode != 0:
        raise OSError(f"tar of {ROOTFS} ended with {tar.returncode}")
    told = ask("POST", f"/images/create?fromSrc=-&repo={name}&changes=ENV%20PATH%3D%2Fbin", tar.stdout, "application/x-tar")
    # It has answered with 200 by the time it unpacks.
    if b'"error"' in told:
        raise OSError(f"the engine could not take image {name}: {told[-300:]!r}")


def make_network(spec):
    pools = [{"Subnet": spec["SUBNET"], "Gateway": spec["GATEWAY"]}]
    if spec.get("SUBNET6"):
        pools.append({"Subnet": spec["SUBNET6"], "Gateway": spec["GATEWAY6"]})
    options = {"com.docker.network.bridge.name": spec["BRIDGE"], "com.docker.network.driver.mtu": spec["MTU"]}
    body = {"Name": spec["BRIDGE"], "Driver": "bridge", "CheckDuplicate": True, "IPAM": {"Driver": "default", "Config": pools}}
    post("/networks/create", {**body, "EnableIPv6": len(pools) > 1, "Options": options})


def make_pod(spec):
    """spec: the variables of the unit, as pod.sh has them. Raises OSError for whatever the engine refuses."""
    network, families = spec["NETWORK"], [("ADDRESS", "IPv4Address"), ("ADDRESS6", "IPv6Address")]
    wanted = {key: spec[name] for name, key in families if spec.get(name)}
    sysctls = {"net.ipv4.icmp_ratemask": "0", **({"net.ipv6.icmp.ratemask": "255"} if spec.get("ADDRESS6") else {})}
    pause = {"Hostname": spec["POD"], "Image": spec["IMAGE"], "Cmd": ["sleep", "infinity"]}
    plug = {"NetworkingConfig": {"EndpointsConfig": {network: {"IPAMConfig": wanted}}}} if wanted else {}
    run(spec, spec["PAUSE"], spec["PAUSE_DIGEST"], {**pause, **plug}, {"NetworkMode": network, "Sysctls": sysctls})
    for number, (name, digest) in enumerate(zip(spec["APPS"].split(), spec["DIGESTS"].split()), 1):
        run(spec, name, digest, container(words(spec[f"ARGS_{number}"])), {"NetworkMode": "container:" + spec["PAUSE"]})


def words(quoted):
    """Those that infra/plan/shellQuote.ts has quoted: between quotes that stand for themselves there is none of the others."""
    return [word.replace("\0", "'") for word in quoted.replace("'\\''", "\0")[1:-1].split("' '")]


def container(args):
    """What follows in `docker run`: --env K=V ..., image, command."""
    variables = []
    while args[0] == "--env":
        variables.append(args[1])
        args = args[2:]
    return {"Env": variables, "Image": args[0], "Cmd": args[1:] or None}


def run(spec, name, digest, of, host):
    labels = {"dev.podlab.pod": spec["POD"], "dev.podlab.spec": digest}
    # One shim for all containers of the host: each of its own would take 25 ms of processor time and 5 MiB.
    shim = {"Annotations": {"io.containerd.runc.v2.group": "pods"}}
    restart = {"RestartPolicy": {"Name": "always"}}
    made = post(f"/containers/create?name={name}", {**of, "Labels": labels, "StopSignal": "KILL", "HostConfig": {**host, **restart, **shim}})
    start = f"/containers/{made['Id']}/start"
    with first_start:
        if not has_shim:
            has_shim.append(post(start))
            return
    post(start)


def await_engine():
    until = time.monotonic() + ENGINE_STARTS_WITHIN
    while True:
        try:
            return ask("GET", "/_ping", patience=3)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def post(path, body=None):
    answer = ask("POST", path, jsontext.dumps(body).encode() if body else b"")
    return jsontext.loads(answer.decode()) if answer else {}


def ask(method, path, content=b"", kind="application/json", patience=PATIENCE):
    """HTTP/1.0: the answer comes in one piece and ends with the connection."""
    head = f"{method} /v1.45{path} HTTP/1.0\r\nHost: docker\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    engine = socket.socket(socket.AF_UNIX)
    try:
        engine.settimeout(patience)
        engine.connect(SOCKET)
        engine.sendall(head.encode() + content)
        answer = b"".join(iter(lambda: engine.recv(1 << 16), b""))
    finally:
        engine.close()
    status, _, answered = answer.partition(b"\r\n\r\n")
    if not status.split()[1:2] or not status.split()[1].startswith(b"2"):
        raise OSError(f"the engine answered {answer[:300]!r} to {method} {path}")
    return answered


MAKERS = {"engine": make_engine, "pod": make_pod}
