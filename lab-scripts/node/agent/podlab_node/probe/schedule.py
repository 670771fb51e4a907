"""When each probe of a source may start."""

from collections import deque

from .echo import icmp
from .loop import Task, now
from .mtu import mtu
from .path import path
from .spread import spread
from .tcp import tcp
from .udp import udp

PROBES = {"icmp": icmp, "tcp": tcp, "tcp-closed": tcp, "udp": udp, "udp-closed": udp, "path": path, "mtu": mtu, "spread": spread}
MOST_OPEN = 128  # probes of one source at once
# Connections of one source at once that are still young: servers with short listen queues (busybox httpd: 9)
# drop SYNs when everyone comes together. A connection that waits for silence gives its place away.
MOST_YOUNG = 6
YOUNG = 0.15  # seconds
SERVED = {"tcp", "udp"}


class Schedule:
    """Starts a source's probes in their order, within bounds. Probes that are `held` wait until one of the
    source's `controls` has passed: silence proves something only once the source was heard. Those that are
    `late` wait for all others, and for each other: routers limit the rate of ICMP errors."""

    def __init__(self, loop, source, spec, report):
        self._loop = loop
        self._source = source
        self._report = report
        probes = spec["probes"]
        self._controls = set(spec.get("controls", ())) & {probe["id"] for probe in probes}
        self._control = None
        self._late = deque(probe for probe in probes if probe.get("late"))
        self._held = [probe for probe in probes if probe.get("held") and not probe.get("late")]
        free = [probe for probe in probes if not probe.get("held") and not probe.get("late")]
        self._quick = deque(probe for probe in free if probe["kind"] not in SERVED)
        self._served = deque(probe for probe in free if probe["kind"] in SERVED)
        self._open = self._young = 0
        self._pumping = False

    def pump(self):
        self._pumping = False
        if self._held and (self._control or not self._controls):
            for probe in self._held:
                (self._served if probe["kind"] in SERVED else self._quick).append(probe)
            self._held.clear()
        if self._late and not (self._held or self._open or self._quick or self._served):
            self._start(self._late.popleft())
        while self._open < MOST_OPEN and self._quick:
            self._start(self._quick.popleft())
        while self._open < MOST_OPEN and self._young < MOST_YOUNG and self._served:
            self._start(self._served.popleft(), self._place())

    def _place(self):
        """Takes a place among the young; returns what gives it back, once."""
        self._young += 1
        taken = [True]

        def give_back(_=None):
            if taken:
                taken.clear()
                self._young -= 1
                self._pump_soon()

        self._loop.at(now() + YOUNG, give_back)
        return give_back

    def _pump_soon(self):
        if not self._pumping:
            self._pumping = True
            self._loop.soon(self.pump)

    def _start(self, probe, give_back=None):
        self._open += 1

        def done(result):
            self._open -= 1
            if probe["id"] in self._controls:
                self._controls.discard(probe["id"])
                if result["outcome"] == "ok" and not self._control:
                    self._control = probe["id"]
            if probe.get("held"):
                result["control"] = self._control
            self._report(probe["id"], result)
            if give_back:
                give_back()
            self._pump_soon()

        task = Task(self._loop, done)
        task.start(PROBES[probe["kind"]](self._source, probe, task))
