"""The prober: one process per node, a job on stdin, a JSON line per finished probe on stdout.

Job, one line:
  {"sources": [{"id", "netns": "self" | {"pause": container} | {"name": "ip netns" name}, "controls": [probe id],
                "probes": [{"id", "kind", "address", "port", "timeout": seconds, "ask", "hops", "held", "late"}]}],
   "facts": bool, "ready": {"path", "timeout"}, "gate": seconds, "limit": seconds, "untilEof": bool}
With `gate`, a second line on stdin starts the probes, once every node of the lab is ready: a pod of a node that boots
would seem to refuse what a node that has booted asks it.
Lines: {"ready": true}, {"facts": [...] | null, "detail"}, {"id", "outcome", ...}, {"done": true}.
`untilEof`: end at once when stdin ends, for then nobody listens any more.
"""

import json
import os
import select

from ..engine import Engine, EngineError
from .containers import Containers
from .ip import canonical
from .loop import Loop, now
from .netns import Namespaces, NetnsError
from .schedule import PROBES, Schedule
from .source import Source

ENGINE_PATIENCE = 10  # seconds for one answer


class Output:
    def __init__(self):
        self._lines = []

    def line(self, value):
        self._lines.append(json.dumps(value))

    def flush(self):
        if not self._lines:
            return
        text = ("\n".join(self._lines) + "\n").encode()
        self._lines.clear()
        while text:
            text = text[os.write(1, text) :]


class Prober:
    def __init__(self, job):
        self._job = job
        self._until_eof = job.get("untilEof", False)
        self._loop = Loop()
        self._output = Output()
        self._containers = Containers(Engine(ENGINE_PATIENCE))
        self._waiting = {probe["id"] for source in job["sources"] for probe in source["probes"]}

    def run(self):
        if self._ready() and self._gate():
            limit = self._job.get("limit", 600)
            if self._until_eof:
                self._loop.watch(0, select.EPOLLIN, lambda _: leave_when_alone())
            self._loop.at(now() + limit, lambda _: self._give_up(f"not finished within {limit} s"))
            self._facts()
            self._sources()
            self._loop.run(lambda: self._waiting, self._output.flush)
        self._output.line({"done": True})
        self._output.flush()

    def _ready(self):
        """Waits for the file that a node writes when its boot is finished."""
        wait = self._job.get("ready")
        if not wait:
            return True
        started = now()
        while not os.access(wait["path"], os.F_OK):
            if now() - started > wait["timeout"]:
                self._give_up(f"its boot did not finish within {wait['timeout']} s: {wait['path']} is not there")
                return False
            if select.select([0] if self._until_eof else [], [], [], 0.05)[0]:
                leave_when_alone()
        self._output.line({"ready": True})
        self._output.flush()
        return True

    def _gate(self):
        """Waits for the word to start."""
        limit = self._job.get("gate")
        if limit is None:
            return True
        if not select.select([0], [], [], limit)[0]:
            self._give_up(f"the word to start did not come within {limit} s")
            return False
        leave_when_alone()
        return True

    def _facts(self):
        if not self._job.get("facts"):
            return
        try:
            self._output.line({"facts": self._containers.facts()})
        except (EngineError, KeyError, ValueError) as error:
            self._output.line({"facts": None, "detail": str(error)})

    def _sources(self):
        namespaces = Namespaces(self._containers)
        for spec in self._job["sources"]:
            try:
                source = Source(self._loop, namespaces, spec["netns"])
            except (NetnsError, EngineError) as error:
                self._refuse(spec["probes"], str(error))
                continue
            except PermissionError as error:
                self._refuse(spec["probes"], f"no raw socket: {error.strerror}; it takes the capability NET_RAW")
                continue
            except Exception as error:  # one namespace's trouble must not silence the others
                self._refuse(spec["probes"], f"{type(error).__name__}: {error}")
                continue
            self._loop.soon(Schedule(self._loop, source, self._possible(spec), self._report).pump)

    def _possible(self, spec):
        """The spec without probes that this prober does not know."""
        known = []
        for probe in spec["probes"]:
            if probe["kind"] in PROBES:
                known.append(probe | {"address": canonical(probe["address"])})
            else:
                self._refuse([probe], f"this prober knows no probe of kind {probe['kind']}")
        return {**spec, "probes": known}

    def _report(self, identifier, result):
        if identifier in self._waiting:
            self._waiting.remove(identifier)
            told = {name: value for name, value in result.items() if value is not None}
            self._output.line({"id": identifier, **told})

    def _refuse(self, probes, why):
        for probe in probes:
            self._report(probe["id"], {"outcome": "probe-error", "detail": why})

    def _give_up(self, why):
        for identifier in sorted(self._waiting):
            self._report(identifier, {"outcome": "probe-error", "detail": why})


def leave_when_alone():
    """Ends the process when stdin has ended: whoever asked has gone, and `docker exec` stops nothing by itself."""
    if not os.read(0, 1 << 16):
        os._exit(1)


def read_line():
    """The first line of stdin, without a buffer that select(2) would not see. The next one comes only once asked for."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 1 << 16)
        if not piece:
            break
        line += piece
    return line


def run():
    job = read_line()
    if job:  # else whoever started this prober had nothing to ask
        Prober(json.loads(job.decode())).run()
