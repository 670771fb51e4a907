"""Queueing disciplines (tc(8)): the state has none but those that every interface begins with."""
from .difference import NOTHING, Difference

STAGE = "tc"


def differences(found, names):
    """@param names those of the interfaces that are asked about"""
    for one in found:
        # The kernel's own have no number.
        if one["dev"] not in names or one.get("handle", "0:") == "0:" or "kind" not in one:
            continue
        where = "root" if one.get("root") else one["kind"] if one["kind"] in ("ingress", "clsact") else None
        # One below another goes with it.
        if where:
            yield Difference(f"qdisc of {one['dev']}", NOTHING, f"{one['kind']} {one['handle']}", (STAGE, f"qdisc del dev {one['dev']} {where}"))
