"""The kernel's state of one namespace: what differs, and how it is made to agree. Every part has a module of its own."""
from functools import partial

from . import addresses, fdb, iptables, links, neighbours, nft, qdiscs, routes, rules, sysctls
from .found import Look
from .tools import Tool

#: In this order: an interface is there before its settings, and those before it comes up and has addresses; next hops need
#: the routes to their subnets. Each with the tool that takes all of its steps at once, or what does one and returns why it could not.
STAGES = {
    links.STAGE: ("ip",),
    sysctls.STAGE: sysctls.write,
    routes.STAGE: ("ip",),
    "ip -6": ("ip", "-6"),
    routes.STAGE_GATEWAYS: ("ip",),
    fdb.STAGE: ("bridge",),
    qdiscs.STAGE: ("tc",),
    **{tool: partial(iptables.restore, tool) for tool in ("iptables", "ip6tables", "iptables-legacy", "ip6tables-legacy")},
    nft.STAGE: nft.delete,
    iptables.CONNTRACK: iptables.forget,
}
#: One change may undo another: a link that goes down takes its routes with it. What differs after so many is told.
ROUNDS = 5


def differences(wanted, found, ports=(), patient=False):
    """Compares a namespace's state with what was found there. Reads settings in the calling thread's namespace.

    @param ports numbers of the interfaces that are the other ends of pods' ones
    """
    interfaces = wanted["interfaces"]
    names = links.kernel_names(interfaces, found.links, ports, patient)
    listed = {*(name for name in names.values() if name), "lo"}
    found_here = [
        *links.differences(interfaces, names, found.links, ports, lambda name: sysctls.of_new(wanted["sysctls"], name)),
        *sysctls.differences(wanted["sysctls"], names),
        *addresses.differences(interfaces, names, found.links),
        *routes.differences(wanted, names, found),
        *rules.differences(found),
        *neighbours.differences(interfaces, found),
        *fdb.differences(interfaces, found),
        *qdiscs.differences(found.qdiscs, listed | {one["ifname"] for one in found.links.values() if one["ifindex"] in ports}),
        *nft.differences(found.nft),
        *(one for tool in found.tables for one in iptables.differences(tool, wanted.get(tool, {}), found.tables[tool], names)),
    ]
    if None in names.values():
        # Docker gives a default route with every interface that it plugs in, and can't where there is another one already.
        for one in found_here:
            if one.subject == "route default":
                one.steps = ()
    return found_here


def look(wanted):
    """Starts to look at the calling thread's namespace. Rules for IPv6 decide nothing where nobody has an address of it."""
    return Look(any(":" in address for one in wanted["interfaces"].values() for address in one["addresses"]))


def make(wanted, say, ports=(), patient=False):
    """Makes the calling thread's namespace what the state says. @param say is told each thing that was done @return what still differs"""
    errors, tried = {}, []
    for turn in range(ROUNDS + 1):
        left = differences(wanted, look(wanted).found(), ports, patient)
        keys = {one.key for one in left}
        for one in tried:
            if one.key not in keys:
                say(one.done())
        tried = [one for one in left if one.steps]
        if not tried or turn == ROUNDS:
            break
        errors = carry_out(tried)
    for one in left:
        one.error = errors.get(one.key, "")
    return left


def carry_out(some):
    """Does what makes these differences go, with one process a tool. @return what the tools complained about, by difference"""
    errors = {}
    for stage, how in STAGES.items():
        steps = [(one, text) for one in some for on, text in one.steps if on == stage and text]
        if callable(how):
            errors.update({one.key: said for one, text in steps if (said := how(text))})
        elif steps:
            errors.update(_batch(how, steps))
    return errors


def _batch(tool, steps):
    """Goes on after errors; of each it says the line (`Command failed -:3`)."""
    _, _, said = Tool(*tool, "-force", "-batch", "-", given="".join(f"{text}\n" for _, text in steps)).wait()
    errors, reason = {}, ""
    for line in said.splitlines():
        number = line.removeprefix("Command failed -:")
        if number != line and number.isdigit():
            errors[steps[int(number) - 1][0].key] = reason
            reason = ""
        else:
            reason = line
    return errors
