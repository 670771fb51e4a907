"""Permanent neighbour entries (ip-neighbour(8)): those of the other ends of tunnels, and nobody else's."""
from .difference import NOTHING, Difference

STAGE = "ip"


def differences(wanted, found):
    entries = {(peer, name): f"lladdr {entry['mac']}" for name, peer, entry in peers(wanted)}
    here = {(one["dst"], one["dev"]): f"lladdr {one.get('lladdr', '-')}" for one in found.neighbours if "dst" in one}
    for (peer, dev), text in entries.items():
        now = here.get((peer, dev), NOTHING)
        if now != text:
            yield Difference(f"neighbour {peer} on {dev}", text, now, (STAGE, f"neighbour replace {peer} {text} nud permanent dev {dev}"))
    for (peer, dev), text in here.items():
        if (peer, dev) not in entries:
            yield Difference(f"neighbour {peer} on {dev}", NOTHING, text, (STAGE, f"neighbour delete {peer} dev {dev}"))
    for one in found.proxies:
        yield Difference(f"neighbour {one['dst']} on {one['dev']}", NOTHING, "proxy", (STAGE, f"neighbour delete proxy {one['dst']} dev {one['dev']}"))


def peers(wanted):
    """Yields interface, inner address and entry for each peer of a tunnel."""
    for name, interface in wanted.items():
        for peer, entry in interface.get("vxlan", {}).get("peers", {}).items():
            yield name, peer, entry
