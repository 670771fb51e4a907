"""Forwarding databases of bridges and tunnels (bridge(8)): no entry that somebody has put there but the plan's."""
from .difference import NOTHING, Difference
from .neighbours import peers

STAGE = "bridge"
#: Groups that the kernel listens to: IPv6, and IPv4 and bridges.
MULTICAST = ("33:33:", "01:")


def differences(wanted, found):
    tunnels = {name for name, one in wanted.items() if one["kind"] == "vxlan"}
    entries = {(entry["mac"], name): f"dst {entry['vtep']}" for name, _, entry in peers(wanted)}
    own = {link.get("address") for link in found.links.values()}
    here = {}
    for one in found.fdb:
        if "mac" not in one or one["mac"].startswith(MULTICAST):
            continue
        if one["ifname"] in tunnels or ((one.get("state") in ("permanent", "static")) and one["mac"] not in own):
            here.setdefault((one["mac"], one["ifname"]), []).append((_text(one), one))
    for key, text in entries.items():
        now = [other for other, _ in here.get(key, [])]
        if text not in now:
            yield Difference(f"FDB entry {key[0]} on {key[1]}", text, NOTHING, (STAGE, f"fdb append {key[0]} dev {key[1]} {text} self permanent"))
    for key, some in here.items():
        for text, one in some:
            if text != entries.get(key):
                yield Difference(f"FDB entry {key[0]} on {key[1]}", NOTHING, text, (STAGE, f"fdb delete {key[0]} dev {key[1]} {_exact(one)}"))


def _text(one):
    words = [f"dst {one['dst']}" if "dst" in one else "", *(f"{key} {one[key]}" for key in ("port", "vlan") if key in one)]
    state = one.get("state", "")
    return " ".join(word for word in [*words, "" if state == "permanent" else state or "dynamic"] if word) or "local"


def _exact(one):
    where = "master" if "master" in one and "self" not in one.get("flags", []) else "self"
    return " ".join(word for word in [f"dst {one['dst']}" if "dst" in one else "", f"vlan {one['vlan']}" if "vlan" in one else "", where] if word)
