"""Rules of policy routing (ip-rule(8)): none but the kernel's own."""
from .difference import NOTHING, Difference

STAGE = "ip"
KERNELS = {4: {"0: from all lookup local", "32766: from all lookup main", "32767: from all lookup default"}}
KERNELS[6] = KERNELS[4] - {"32767: from all lookup default"}
NAMES = {4: "rule", 6: "IPv6 rule"}


def differences(found):
    for family in (4, 6):
        if family == 6 and not found.rules[6]:
            continue
        texts = [_text(rule) for rule in found.rules[family]]
        for text in texts:
            if text not in KERNELS[family]:
                yield Difference(NAMES[family], NOTHING, text, (_stage(family), f"rule delete {_command(text)}"))
        for text in sorted(KERNELS[family]):
            if text not in texts:
                yield Difference(NAMES[family], text, NOTHING, (_stage(family), f"rule add {_command(text)}"))


def _stage(family):
    return STAGE if family == 4 else "ip -6"


def _text(rule):
    """Returns a rule in the words of `ip rule`."""
    words = [f"{rule['priority']}:", "not" if "not" in rule else "", f"from {_range(rule, 'src')}"]
    words += [f"to {_range(rule, 'dst')}" if "dst" in rule else ""]
    words += [f"fwmark {rule['fwmark']}{'/' + rule['fwmask'] if 'fwmask' in rule else ''}" if "fwmark" in rule else ""]
    words += [f"{key} {rule[key]}" for key in ("tos", "iif", "oif", "ipproto", "sport", "dport") if key in rule]
    words += [f"lookup {rule['table']}" if "table" in rule else rule.get("action", "")]
    return " ".join(word for word in words if word)


def _range(rule, end):
    return f"{rule[end]}/{rule[end + 'len']}" if end + "len" in rule else rule[end]


def _command(text):
    priority, _, rest = text.partition(": ")
    return f"{rest} priority {priority}"
