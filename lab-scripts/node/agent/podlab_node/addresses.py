"""Addresses of the plan's interfaces, and the routes to the subnets that they stand on."""
from .difference import NOTHING, Difference

STAGE = "ip"
LOOPBACK = {"127.0.0.1/8 scope host", "::1/128 scope host"}


def differences(wanted, names, links):
    for name, kernel in names.items():
        if kernel:
            yield from _of_interface(kernel, wanted[name]["addresses"], _found(links.get(kernel, {})))
    for address in _found(links.get("lo", {})):
        if address not in LOOPBACK:
            yield _more("lo", address)


def _of_interface(kernel, wanted, found):
    more = [one for one in found if one not in wanted]
    yield from (_more(kernel, one) for one in more)
    kept = [one for one in found if one in wanted]
    # The first of a subnet is the one that packets are sent from.
    if _ipv4(kept) != [one for one in _ipv4(wanted) if one in kept]:
        steps = [f"address delete {one} dev {kernel}" for one in _ipv4(kept)] + [_add(kernel, one) for one in _ipv4(wanted)]
        yield Difference(f"order of addresses of {kernel}", " ".join(_ipv4(wanted)), " ".join(_ipv4(kept)), *((STAGE, one) for one in steps))
        return
    for one in wanted:
        if one not in found:
            yield Difference(f"address of {kernel}", one, NOTHING, (STAGE, _add(kernel, one)))


def _add(kernel, address):
    # nodad: nobody else is on the link, and a search for a duplicate takes a second in which nothing is answered (RFC 4862, 5.4).
    return f"address add {address} dev {kernel}{' nodad' if ':' in address else ''}"


def _more(kernel, address):
    bare = address.replace(" deprecated", "").split(" scope ")[0]
    return Difference(f"address of {kernel}", NOTHING, address, (STAGE, f"address delete {bare} dev {kernel}"))


def _found(link):
    """Returns the addresses as `ip` prints them, without the link-local ones that IPv6 brings by itself."""
    return [_text(one) for one in link.get("addr_info", []) if "local" in one and not (one["family"] == "inet6" and one["scope"] == "link")]


def _text(one):
    own = f"{one['local']} peer {one['address']}" if "address" in one else one["local"]
    scope = "" if one["scope"] == "global" else f" scope {one['scope']}"
    return f"{own}/{one['prefixlen']}{' deprecated' if one.get('deprecated') else ''}{scope}"


def _ipv4(addresses):
    return [one for one in addresses if ":" not in one]
