"""Tables of nftables other than iptables' own: ebtables, arptables and nft make them, and the plan has none.

The image has no nft; the kernel lists them itself (nfnetlink, include/uapi/linux/netfilter/nf_tables.h).
"""
import os
import socket
import struct

from .difference import NOTHING, Difference

STAGE = "nft"
FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
#: Of ip and ip6: iptables shows and makes them.
IPTABLES = ("raw", "mangle", "nat", "filter", "security")
NETLINK_NETFILTER = 12
NEW_TABLE, GET_TABLE, DELETE_TABLE = (10 << 8 | number for number in range(3))
BATCH_BEGIN, BATCH_END, ERROR, DONE = 0x10, 0x11, 2, 3
REQUEST, ACKNOWLEDGE, DUMP = 1, 4, 0x300
TABLE_NAME = 1


def tables():
    """Returns (family, name) of each in the calling thread's namespace; none where the kernel has no nftables."""
    try:
        with _opened() as kernel:
            kernel.send(_message(GET_TABLE, REQUEST | DUMP))
            found, kind = [], None
            while kind not in (ERROR, DONE):
                for kind, body in _messages(kernel.recv(1 << 16)):
                    if kind == NEW_TABLE:
                        found.append((FAMILIES.get(body[0], str(body[0])), _name(body[4:])))
            return found
    except OSError:
        return []


def differences(found):
    for family, name in found:
        if family not in ("ip", "ip6") or name not in IPTABLES:
            yield Difference(f"nft table {family} {name}", NOTHING, "there", (STAGE, f"{family} {name}"))


def delete(text):
    """@param text FAMILY NAME @return why it could not be deleted, or nothing"""
    family, _, name = text.partition(" ")
    number = next(key for key, one in FAMILIES.items() if one == family)
    with _opened() as kernel:
        kernel.send(_batch(BATCH_BEGIN) + _message(DELETE_TABLE, REQUEST | ACKNOWLEDGE, number, _attribute(name)) + _batch(BATCH_END))
        for kind, body in _messages(kernel.recv(1 << 16)):
            code = struct.unpack_from("i", body)[0] if kind == ERROR else 0
            if code:
                return os.strerror(-code)
    return ""


def _opened():
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    kernel.settimeout(5)
    return kernel


def _message(kind, flags, family=0, attributes=b"", resource=0):
    body = struct.pack("!BBH", family, 0, resource) + attributes
    return struct.pack("IHHII", 16 + len(body), kind, flags, 0, 0) + body


def _batch(kind):
    return _message(kind, REQUEST, resource=NEW_TABLE >> 8)


def _attribute(name):
    value = name.encode() + b"\0"
    return struct.pack("HH", 4 + len(value), TABLE_NAME) + value + bytes(-len(value) % 4)


def _messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("IH", data)
        yield kind, data[16:length]
        data = data[(length + 3) & ~3:]


def _name(attributes):
    while attributes:
        length, kind = struct.unpack_from("HH", attributes)
        if kind == TABLE_NAME:
            return attributes[4:length].rstrip(b"\0").decode()
        attributes = attributes[(length + 3) & ~3:]
    return ""
