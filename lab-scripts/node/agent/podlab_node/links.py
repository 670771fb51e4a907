"""Interfaces: which of the kernel's is which of the plan's, and what each must be like."""
from .difference import NOTHING, Difference

STAGE = "ip link"
#: After the settings below /proc/sys: they decide what happens as an interface comes up.
STAGE_UP = "ip"
#: Docker and CNI bring these; the agent makes the others.
PROVIDED = ("ethernet", "veth")
#: The kernel's own, one a kind of tunnel, in every namespace (Documentation/admin-guide/sysctl/net.rst, fb_tunnels_only_for_init_net).
FALLBACK = {"tunl0", "sit0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6tnl0", "ip6_vti0", "ip6gre0"}
#: Docker's name for an interface that it is about to hand over.
UNFINISHED = "veth"
BRIDGE = {"stp_state": 0, "vlan_filtering": 0}
PORT = {"isolated": False, "learning": True, "flood": True, "locked": False}


def kernel_names(wanted, links, ports=(), patient=False):
    """Returns the kernel's name of each interface, by the plan's; None where Docker has not provided it.

    @param ports numbers of the interfaces that are the other ends of pods' ones
    @param patient takes one that is down, too: nobody is about to bring it up any more
    """
    names = {name: None if one["kind"] in PROVIDED else name for name, one in wanted.items()}
    lacking = [name for name, kernel in names.items() if kernel is None]
    free = {link["ifname"]: link for link in links.values() if link["ifname"] != "lo" and link["ifindex"] not in ports}
    for name in lacking:
        first = wanted[name]["addresses"][0].split("/")[0]
        names[name] = next((one for one, link in free.items() if first in _locals(link)), None)
        free.pop(names[name], None)
    # One that lost its address: Docker's MAC address tells, or there is only one left.
    left = {one: link for one, link in free.items() if _is_provided(link) and (patient or "UP" in link["flags"])}
    for name in [name for name in lacking if names[name] is None]:
        mac = docker_mac(wanted[name]["addresses"][0])
        found = [one for one, link in left.items() if link.get("address") == mac]
        if not found and len(left) == 1 and [names[other] for other in lacking].count(None) == 1:
            found = list(left)
        if found:
            names[name] = found[0]
            left.pop(found[0])
    return names


def other_ends(wanted, links, patient=False):
    """Returns the numbers of the interfaces, in another namespace, that these ones are plugged into."""
    names = kernel_names(wanted, links, patient=patient)
    return {links[name]["link_index"] for name in names.values() if "link_index" in links.get(name, {})}


def docker_mac(cidr):
    """Returns the MAC address that Docker gives to an IPv4 address."""
    return "02:42:" + ":".join(f"{int(part):02x}" for part in cidr.split("/")[0].split(".")) if "." in cidr else ""


def differences(wanted, names, links, ports, settings):
    """@param ports as in kernel_names @param settings returns steps for a new interface"""
    for name, one in wanted.items():
        yield from _interface(name, one, names[name], links, settings)
    if "lo" in links:
        yield from _down(links["lo"])
    bridge = next((name for name, one in wanted.items() if one["kind"] == "bridge"), None)
    own = {kernel for kernel in names.values() if kernel}
    for link in links.values():
        if link["ifindex"] in ports and bridge:
            yield from _port(link, bridge, wanted[bridge])
        elif link["ifname"] not in own and link["ifname"] != "lo" and not _is_others(link):
            yield Difference(f"interface {link['ifname']}", NOTHING, _kind(link) or "an interface", (STAGE, f"link delete dev {link['ifname']}"))


def _interface(name, wanted, kernel, links, settings):
    link = links.get(kernel)
    kind = wanted["kind"]
    if kind in PROVIDED:
        if link is None:
            yield Difference(f"interface {name}", f"one with {wanted['addresses'][0]}", NOTHING)
            return
    elif link is None or _kind(link) != kind or (kind == "vxlan" and _vxlan(link) != _type(wanted)):
        remove = [(STAGE, f"link delete dev {kernel}")] if link else []
        found = NOTHING if link is None else _vxlan(link) if _kind(link) == kind else _kind(link) or "an interface of another kind"
        yield Difference(f"interface {kernel}", _type(wanted), found, *remove, *_made(kernel, wanted), *settings(kernel))
        return
    yield from _settings(kernel, wanted, link)


def _made(kernel, wanted):
    mac = f" address {wanted['mac']}" if "mac" in wanted else ""
    yield STAGE, f"link add {kernel}{mac} type {_type(wanted)}"
    # Not as it is made: a bridge keeps to an MTU that it was given later, and to no other when it gets ports (br_change_mtu).
    yield STAGE, f"link set dev {kernel} mtu {wanted['mtu']}"
    yield STAGE_UP, f"link set dev {kernel} up"


def _settings(kernel, wanted, link):
    where = f"of {kernel}"
    if link["mtu"] != wanted["mtu"]:
        yield Difference(f"mtu {where}", str(wanted["mtu"]), str(link["mtu"]), (STAGE, f"link set dev {kernel} mtu {wanted['mtu']}"))
    if wanted.get("mac", link.get("address")) != link.get("address"):
        yield Difference(f"MAC address {where}", wanted["mac"], link["address"], (STAGE, f"link set dev {kernel} address {wanted['mac']}"))
    yield from _down(link)
    if wanted["kind"] in PROVIDED and "UP" in link["flags"] and "LOWER_UP" not in link["flags"]:
        # Not by NO-CARRIER, which the kernel takes back up to a second after the carrier is there (net/core/link_watch.c).
        yield Difference(f"carrier {where}", "on", "off")
    if "NOARP" in link["flags"]:
        yield Difference(f"ARP {where}", "on", "off", (STAGE, f"link set dev {kernel} arp on"))
    if "master" in link:
        yield Difference(f"master {where}", NOTHING, link["master"], (STAGE, f"link set dev {kernel} nomaster"))
    if wanted["kind"] == "bridge":
        yield from _flags(kernel, BRIDGE, link["linkinfo"].get("info_data", {}), f"link set dev {kernel} type bridge")


def _down(link):
    if "UP" not in link["flags"]:
        yield Difference(f"interface {link['ifname']}", "up", "down", (STAGE_UP, f"link set dev {link['ifname']} up"))


def _port(link, bridge, wanted):
    kernel = link["ifname"]
    if link.get("master") != bridge:
        # A port begins with the bridge's defaults; the next look sees to hairpin.
        yield Difference(f"master of {kernel}", bridge, link.get("master", NOTHING), (STAGE, f"link set dev {kernel} master {bridge}"))
    else:
        # Where the plan says nothing, it is as the engine likes.
        port = {**PORT, "hairpin": True} if wanted.get("hairpin") else PORT
        yield from _flags(kernel, port, link["linkinfo"].get("info_slave_data", {}), f"link set dev {kernel} type bridge_slave")
    yield from _down(link)


def _flags(kernel, wanted, found, command):
    for flag, value in wanted.items():
        if found.get(flag, value) != value:
            yield Difference(f"{flag} of {kernel}", _word(value), _word(found[flag]), (STAGE, f"{command} {flag} {_word(value)}"))


def _word(value):
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _locals(link):
    return [address.get("local") for address in link.get("addr_info", [])]


def _kind(link):
    return link.get("linkinfo", {}).get("info_kind", "")


def _is_provided(link):
    """Whether Docker has handed it over, as far as its name tells."""
    return _is_others(link) and "master" not in link and not link["ifname"].startswith(UNFINISHED) and link["ifname"] not in FALLBACK


def _is_others(link):
    """A cable of Docker's, or the port of a container that somebody runs: its other end is in another namespace."""
    return link["ifname"] in FALLBACK or _kind(link) == "" or (_kind(link) == "veth" and "link" not in link)


def _vxlan(link):
    data = link["linkinfo"].get("info_data", {})
    extra = f" remote {data['remote']}" if "remote" in data else f" group {data['group']}" if "group" in data else ""
    return _vxlan_text(data.get("id"), data.get("local"), data.get("port"), data.get("learning")) + extra


def _type(wanted):
    """Returns what an interface is to be, in the words of `ip link add`."""
    if wanted["kind"] != "vxlan":
        return wanted["kind"]
    vxlan = wanted["vxlan"]
    return _vxlan_text(vxlan["id"], vxlan["local"], vxlan["port"], False)


def _vxlan_text(number, local, port, learning):
    return f"vxlan id {number} local {local} dstport {port} {'learning' if learning else 'nolearning'}"
