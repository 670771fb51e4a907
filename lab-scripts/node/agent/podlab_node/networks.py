"""The engine's network that plugs pods into their bridge. It takes the bridge of that name as it is."""
import time

from .difference import NOTHING, Difference
from .engine import EngineError

LABEL = "dev.podlab.network"
NAME_OPTION = "com.docker.network.bridge.name"
MTU_OPTION = "com.docker.network.driver.mtu"
#: Seconds in which the engine is done with what it does by itself.
SETTLES_WITHIN = 10


def differences(wanted, engine):
    """@param wanted None where CNI plugs pods in. Networks that somebody else made are left alone."""
    there = {one["Name"]: one for one in engine.get("/networks")}
    name = wanted["name"] if wanted else None
    for other, one in there.items():
        if LABEL in (one["Labels"] or {}) and other != name:
            yield Difference(f"Docker network {other}", NOTHING, _found_text(one))
    if wanted:
        text, now = _wanted_text(wanted), _found_text(there[name]) if name in there else NOTHING
        if text != now:
            yield Difference(f"Docker network {name}", text, now)


def make(wanted, engine, say):
    """Another one of that name goes, with whatever is plugged into it: pods are plugged in anew."""
    for one in differences(wanted, engine):
        name = one.subject.removeprefix("Docker network ")
        if one.found != NOTHING:
            _remove(name, engine)
        if one.wanted != NOTHING:
            engine.post("/networks/create", _body(wanted))
        say(one.done())


def _remove(name, engine):
    """A container that the engine itself starts meanwhile is plugged in again."""
    until = time.monotonic() + SETTLES_WITHIN
    while True:
        for one in engine.get(f"/networks/{name}")["Containers"].values():
            # An endpoint that its container has left is known by the container's name alone.
            unplug(engine, name, one["Name"])
        try:
            return engine.delete(f"/networks/{name}")
        except EngineError as error:
            if "active endpoints" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(0.2)


def unplug(engine, network, container):
    """An engine that was killed in the middle may still list a container that is not plugged in any more."""
    try:
        engine.post(f"/networks/{network}/disconnect", {"Container": container, "Force": True})
    except EngineError as error:
        if "is not connected to" not in str(error):
            raise


def _body(wanted):
    pools = [{"Subnet": subnet, "Gateway": gateway} for subnet, gateway in _pools(wanted)]
    return {
        "Name": wanted["name"],
        "Driver": "bridge",
        "CheckDuplicate": True,
        "EnableIPv6": len(pools) > 1,
        "IPAM": {"Driver": "default", "Config": pools},
        "Labels": {LABEL: wanted["name"]},
        "Options": {NAME_OPTION: wanted["name"], MTU_OPTION: str(wanted["mtu"])},
    }


def _pools(wanted):
    yield wanted["subnet"], wanted["gateway"]
    if "subnet6" in wanted:
        yield wanted["subnet6"], wanted["gateway6"]


def _wanted_text(wanted):
    return _text("bridge", wanted["name"], str(wanted["mtu"]), _pools(wanted))


def _found_text(found):
    options = found["Options"] or {}
    pools = [(one.get("Subnet"), one.get("Gateway")) for one in found["IPAM"]["Config"] or []]
    return _text(found["Driver"], options.get(NAME_OPTION), options.get(MTU_OPTION), pools)


def _text(driver, bridge, mtu, pools):
    return f"{driver} {bridge} mtu {mtu}, " + ", ".join(f"{subnet} gateway {gateway}" for subnet, gateway in pools)
