"""Tables of iptables and ip6tables: every chain, every rule in its order, every policy."""
from . import paths
from .difference import NOTHING, Difference
from .tools import Tool

#: Docker's name server in a container (127.0.0.11) has chains of its own; they are left alone.
DOCKER = "DOCKER_"
CONNTRACK = "conntrack"
#: How many connections the calling thread's namespace knows.
TRACKED = "/proc/sys/net/netfilter/nf_conntrack_count"
#: Only the first packet of a flow meets table nat. Those of datagrams and echoes never end while somebody sends: they would keep to an
#: endpoint that left, or to the translation that they did not get. Where the table changes they are forgotten and meet its rules anew.
FLOWS = {("iptables", "nat"): ("-f ipv4 -p udp", "-f ipv4 -p icmp"), ("ip6tables", "nat"): ("-f ipv6 -p udp", "-f ipv6 -p icmpv6")}
BUILT_IN = {
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "raw": ("PREROUTING", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}


class Table:
    def __init__(self):
        #: By built-in chain.
        self.policies = {}
        #: By chain, in order.
        self.rules = {}


def parse(saved):
    """Returns the tables that `iptables-save` printed, by name."""
    tables = {}
    for line in saved.splitlines():
        if line.startswith("*"):
            table = tables.setdefault(line[1:], Table())
        elif line.startswith(":"):
            chain, policy = line[1:].split(" ")[:2]
            table.rules[chain] = []
            if policy != "-":
                table.policies[chain] = policy
        elif line.startswith("-A "):
            chain, _, rule = line[3:].partition(" ")
            table.rules.setdefault(chain, []).append(rule)
    return tables


def differences(tool, wanted, found, names):
    """@param names the kernel's names of the plan's interfaces"""
    for table in sorted({*wanted, *found}):
        chains = {chain: [_in_kernel(rule, names) for rule in rules] for chain, rules in wanted.get(table, {}).items()}
        now = found.get(table, Table())
        here = list(_table_differences(f"{tool} {table}", chains, now, BUILT_IN[table]))
        if here:
            # One transaction for the whole table (iptables-restore(8)); the first of its differences carries it.
            here[0].steps = ((tool, _restored(table, chains, now)), *((CONNTRACK, flow) for flow in FLOWS.get((tool, table), ())))
            for one in here[1:]:
                one.steps = ((tool, ""),)
        yield from here


def _table_differences(where, wanted, found, built_in):
    for chain, policy in found.policies.items():
        if policy != "ACCEPT":
            yield Difference(f"{where} policy of {chain}", "ACCEPT", policy)
    for chain in [*wanted, *(chain for chain in found.rules if chain not in wanted)]:
        if chain.startswith(DOCKER):
            continue
        rules, now = wanted.get(chain, []), [rule for rule in found.rules.get(chain, []) if not _is_dockers(rule)]
        if chain not in found.rules and chain not in built_in and not rules:
            yield Difference(f"{where} chain {chain}", "an empty chain", NOTHING)
        if chain not in wanted and chain not in built_in:
            yield Difference(f"{where} chain {chain}", NOTHING, "; ".join(now) or "an empty chain")
        elif rules != now:
            yield from _chain_differences(where, chain, rules, now)


def _chain_differences(where, chain, wanted, found):
    missing, more = _without(wanted, found), _without(found, wanted)
    yield from (Difference(f"{where} rule of {chain}", rule, NOTHING) for rule in missing)
    yield from (Difference(f"{where} rule of {chain}", NOTHING, rule) for rule in more)
    if not missing and not more:
        yield Difference(f"{where} order of {chain}", "; ".join(wanted), "; ".join(found))


def _without(some, others):
    """Those of some that are not among the others, as often as they are not."""
    left = list(others)
    return [one for one in some if not (one in left and not left.remove(one))]


def restore(tool, text):
    """@return why it could not be done, or nothing"""
    code, _, said = Tool(f"{tool}-restore", given=text).wait()
    return said if code else ""


def forget(flow):
    """It fails where there is no such flow. @return nothing"""
    if paths.text(TRACKED) not in ("", "0"):
        Tool("conntrack", "-D", *flow.split(" ")).wait()
    return ""


def _restored(table, wanted, found):
    """Returns what iptables-restore makes the table of, with Docker's own parts as they are."""
    chains = {chain: wanted.get(chain, []) for chain in [*BUILT_IN[table], *wanted]}
    rules = {chain: [rule for rule in found.rules.get(chain, []) if _is_dockers(rule)] + own for chain, own in chains.items()}
    rules.update({chain: kept for chain, kept in found.rules.items() if chain.startswith(DOCKER)})
    heads = [f":{chain} {'ACCEPT' if chain in BUILT_IN[table] else '-'} [0:0]" for chain in rules]
    lines = [f"-A {chain} {rule}" for chain, own in rules.items() for rule in own]
    return "\n".join([f"*{table}", *heads, *lines, "COMMIT", ""])


def _is_dockers(rule):
    return f" -j {DOCKER}" in f" {rule}"


def _in_kernel(rule, names):
    """An interface after -i or -o is the plan's name."""
    words = rule.split(" ")
    for at in range(1, len(words)):
        if words[at - 1] in ("-i", "-o"):
            words[at] = names.get(words[at]) or words[at]
    return " ".join(words)
