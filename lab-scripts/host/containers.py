"""All containers of the host's engine, a line each: POD NAME STATE PID DIGEST NETNS, and of a pause container PLUG.
NETNS is the inode of its network namespace (0: it doesn't run), PLUG how that is plugged in: `ADDRESS,MTU,GATEWAY` of eth0,
each empty where there is none.

Beside it, to file descriptor 3, what engine.sh asks of the engine, a line each: path of the API, tab, answer.

One process instead of a docker CLI a pod: the CLI alone takes some 45 ms of processor time a call. Sent to python3 by observe.sh
with its modules (verify/program.ts); the engine's API is documented with Docker's engine (v1.45, Docker 26.1).
"""
import fcntl
import posix as os
import struct
import sys

import _socket as socket
import jsontext
from engine import Engine, EngineError, netns_inode
from netns import NetnsError, setns

SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFMTU = 0x8913, 0x8915, 0x8921
IFF_UP = 1


def plugged(pid):
    """Leaves this process in that container's namespace."""
    try:
        namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        setns(namespace)
        os.close(namespace)
    except (OSError, NetnsError):
        return ",,"
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def ask(what):
        return fcntl.ioctl(asker.fileno(), what, struct.pack("16s24x", b"eth0"))[16:]

    try:
        up = struct.unpack_from("h", ask(SIOCGIFFLAGS))[0] & IFF_UP
        mtu = struct.unpack_from("i", ask(SIOCGIFMTU))[0]
    except OSError:
        return ",,"
    try:
        address = socket.inet_ntoa(ask(SIOCGIFADDR)[4:8]) if up else ""
    except OSError:
        address = ""
    finally:
        asker.close()
    return f"{address},{mtu},{gateway()}"


def gateway():
    """Of the default route, from the namespace that this process is in."""
    with open(f"/proc/{os.getpid()}/net/route") as routes:
        for route in routes:
            _, destination, hop, _, _, _, _, mask, *_ = route.split()
            if destination == mask == "00000000":
                return socket.inet_ntoa(struct.pack("<I", int(hop, 16)))
    return ""


def answers(engine, file):
    """What is not there is left out: engine.sh asks for it by itself, and hears why. So is all that a hung engine does not say."""
    found = [("_ping", "OK")]
    for image in engine.get("/v1.45/images/json"):
        found += [(f"images/{tag.removesuffix(':latest')}/json", "there") for tag in image["RepoTags"] or []]
    for network in engine.get("/v1.45/networks"):
        if network["Driver"] == "bridge":
            found.append((f"networks/{network['Name']}", jsontext.dumps(network)))
    for path, answer in found:
        print(path, answer, sep="\t", file=file)


def containers(engine, file):
    for known in engine.get("/v1.45/containers/json?all=1"):
        one = engine.get(f"/v1.45/containers/{known['Id']}/json")
        if one is None:
            continue
        labels, state, name = one["Config"]["Labels"] or {}, one["State"], one["Name"].lstrip("/")
        columns = [labels.get("dev.podlab.pod", "-"), name, state["Status"], state["Pid"]]
        columns += [labels.get("dev.podlab.spec", "-"), netns_inode(state["Pid"]) or 0]
        if name.endswith(".pause") and state["Pid"]:
            columns.append(plugged(state["Pid"]))
        print(*columns, file=file)


def look(listed, answered):
    """An engine that does not answer, or not as it should, has nothing to show: its own unit says why."""
    engine = Engine("/var/run/docker.sock", timeout=3)
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        answers(engine, answered)
        containers(engine, listed)
    except (EngineError, LookupError, TypeError, ValueError, OSError):
        pass
    finally:
        setns(own)
        os.close(own)


if __name__ == "__main__":
    with open(3, "w") as answered:
        look(sys.stdout, answered)
