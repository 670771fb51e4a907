"""JSON by the functions that the package json is built on: to import that takes as long as to probe a small lab."""

import _json


class Plain:
    """What _json asks of a decoder."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int, parse_constant = float, int, float
    memo = {}


def unknown(value):
    raise TypeError(f"{value!r} cannot be written as JSON")


_scan = _json.make_scanner(Plain)
_encode = _json.make_encoder(None, unknown, _json.encode_basestring_ascii, None, ":", ",", False, False, False)


def loads(text):
    """Raises ValueError for anything that is not JSON."""
    text = text.strip()
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        raise ValueError(f"not JSON: {text[:80]!r}") from None
    if end != len(text):
        raise ValueError(f"more than JSON: {text[end:][:80]!r}")
    return value


def dumps(value):
    return "".join(_encode(value, 0))
