"""Many connections to one address, one after the other: who answered how many."""

from .loop import now
from .tcp import tcp

PATIENCE = 2.0  # seconds for one connection; a lost SYN is sent again after one


def spread(source, probe, task):
    counts, deadline = {}, now() + probe["timeout"]
    for made in range(probe["count"]):
        left = min(PATIENCE, deadline - now())
        if left <= 0:
            return {"outcome": "timeout", "spread": counts, "detail": f"{made} of {probe['count']} connections in time"}
        result = yield from tcp(source, probe | {"timeout": left}, task)
        name = result.get("identity", "nobody known") if result["outcome"] == "ok" else result["outcome"]
        if name not in ("refused", "timeout") and result["outcome"] != "ok":
            return result
        counts[name] = counts.get(name, 0) + 1
    return {"outcome": "ok", "spread": counts}
