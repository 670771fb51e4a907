"""Routes of all tables. Those to an interface's own subnet follow from its addresses; those that BIRD learns are BIRD's (bird.py)."""
import socket

from .difference import NOTHING, Difference

STAGE = "ip"
STAGE_GATEWAYS = "ip gateways"
ANY = {4: "0.0.0.0/0", 6: "::/0"}
CONNECTED_6 = "proto kernel metric 256"
#: Not a route that a packet of the lab's takes: the kernel's own, to itself and to everybody on a link.
KERNELS = ("local", "broadcast", "multicast", "anycast")


def differences(kernel, names, found):
    """@param kernel the namespace's state @param names the kernel's names of its interfaces @param found as in found.py"""
    wanted = {**_connected(kernel, names), **_static(kernel, names)}
    here = {}
    for route in found.routes:
        if not _is_left_alone(route, names):
            here.setdefault(_destination(route), []).append((_text(route), route))
    # IPv4's first.
    for destination in sorted([*here, *(one for one in wanted if one not in here)], key=lambda one: ":" in one):
        yield from _to(destination, wanted.get(destination), here.get(destination, []))


def _to(destination, wanted, found):
    v6 = ":" in destination
    subject = f"route {destination.replace(ANY[6 if v6 else 4], 'default')}"
    wrong = [(text, route) for text, route in found if text != wanted]
    there = len(wrong) < len(found)
    if there and v6:
        # Docker adds the route to its bridge's subnet once more, behind the kernel's.
        wrong = [(text, route) for text, route in wrong if f"{text} {CONNECTED_6}" != wanted]
    if wanted and not there:
        stage = STAGE_GATEWAYS if " via " in f" {wanted}" else STAGE
        replaced = wrong[:1] if len(wrong) == 1 and _is_replaced(wrong[0][1]) else []
        put = (stage, f"route replace {_command(destination, wanted)}")
        yield Difference(subject, wanted, replaced[0][0] if replaced else NOTHING, put)
        wrong = wrong[len(replaced):]
    for text, route in wrong:
        yield Difference(subject, NOTHING, text, (STAGE, f"route delete {_exact(route)}"))
    if there and [text for text, _ in found].count(wanted) > 1:
        yield Difference(subject, f"one {wanted}", "several", (STAGE, f"route delete {_command(destination, wanted)}"))


def _connected(kernel, names):
    subnets = {}
    for name, interface in kernel["interfaces"].items():
        for address in interface["addresses"]:
            bare, _, length = address.partition("/")
            if names[name] and address != _full(bare):
                more = CONNECTED_6 if ":" in address else f"proto kernel scope link src {bare}"
                subnets.setdefault(_subnet(bare, int(length)), f"dev {names[name]} {more}")
    return subnets


def _static(kernel, names):
    routes = {}
    for destination, route in kernel["routes"].items():
        own = {"default": ANY[4], "default6": ANY[6]}.get(destination) or _full(destination)
        dev = names.get(route.get("dev"))
        if "dev" in route and dev is None:
            continue
        words = [
            route.get("type", ""),
            f"via {route['via']}" if "via" in route else "",
            f"dev {dev}" if dev else "",
            "onlink" if route.get("onlink") else "",
        ]
        routes[own] = " ".join(word for word in words if word)
    return routes


def _text(route):
    """Returns what decides where a packet goes, in the words of `ip route`."""
    kernel = route.get("protocol") == "kernel"
    usual = 0 if _family(route) == 4 else 1024
    words = [
        route["type"] if route.get("type", "unicast") != "unicast" else "",
        f"via {_gateway(route)}" if _gateway(route) else "",
        f"dev {route['dev']}" if "dev" in route and route.get("type", "unicast") == "unicast" else "",
        "onlink" if "onlink" in route.get("flags", []) else "",
        "proto kernel" if kernel else "",
        "scope link" if kernel and route.get("scope") == "link" else "",
        f"src {route['prefsrc']}" if "prefsrc" in route else "",
        f"metric {route['metric']}" if route.get("metric", usual) != usual else "",
        f"tos {route['tos']}" if "tos" in route else "",
        *(f"{key} {route[key]}" for key in ("nexthops", "nhid", "encap", "metrics") if key in route),
        f"table {route['table']}" if route.get("table", "main") != "main" else "",
    ]
    return " ".join(word for word in words if word)


def _gateway(route):
    via = route.get("via")
    return route.get("gateway") or (f"{via['family']} {via['host']}" if via else "")


def _is_left_alone(route, names):
    table = route.get("table", "main")
    if (table == "local" and route.get("protocol") == "kernel") or route.get("protocol") == "bird" or "dst" not in route:
        return True
    destination = route["dst"]
    # IPv6 brings these for every link, and one for itself. It also shows lo for routes that lead nowhere: those are somebody's.
    own = route.get("dev") == "lo" and route.get("type", "unicast") == "unicast"
    if _family(route) == 6 and (destination.startswith(("fe80:", "ff00:")) or own):
        return True
    # An interface that is nobody's here: somebody else's subnet on it.
    foreign = route.get("protocol") == "kernel" and route.get("dev") not in names.values()
    return table == "main" and (foreign or route.get("type") in KERNELS)


def _family(route):
    return 6 if "pref" in route or ":" in route.get("dst", "") + route.get("gateway", "") else 4


def _destination(route):
    table = route.get("table", "main")
    own = ANY[_family(route)] if route["dst"] == "default" else _full(route["dst"])
    return own if table == "main" else f"{own} of table {table}"


def _full(destination):
    """`ip` leaves out the length of a whole address."""
    return destination if "/" in destination else f"{destination}/{128 if ':' in destination else 32}"


def _is_replaced(route):
    """Whether `ip route replace` takes its place: it looks at table and metric."""
    return route.get("table", "main") == "main" and route.get("metric", 1024) == 1024 and "tos" not in route


def _command(destination, text):
    """The type goes before the destination."""
    first, _, rest = text.partition(" ")
    return f"{first} {destination} {rest}" if first in ("blackhole", "unreachable", "prohibit") else f"{destination} {text}"


def _exact(route):
    kind = route.get("type", "unicast")
    words = [
        kind if kind != "unicast" else "",
        ANY[_family(route)] if route["dst"] == "default" else route["dst"],
        f"via {_gateway(route)}" if _gateway(route) else "",
        f"dev {route['dev']}" if "dev" in route and kind == "unicast" else "",
        f"metric {route['metric']}" if "metric" in route else "",
        f"tos {route['tos']}" if "tos" in route else "",
        f"table {route.get('table', 'main')}",
    ]
    return " ".join(word for word in words if word)


def _subnet(address, length):
    family, bits = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)
    mask = (1 << bits) - (1 << (bits - length))
    number = int.from_bytes(socket.inet_pton(family, address), "big") & mask
    return f"{socket.inet_ntop(family, number.to_bytes(bits // 8, 'big'))}/{length}"
