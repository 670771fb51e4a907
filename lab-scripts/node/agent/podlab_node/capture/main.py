"""The packet capture: one process per node, which captures in all of the node's namespaces while packets are sent.

Job, one line on stdin:
  {"namespaces": [{"id", "netns": as the prober's, "bridges": whether it may have some}], "window": seconds, "tunnelPorts": [UDP port], "keeps": whole frames?,
   "shots": [{"shot", "from", "protocol", "address", "port", "size", "df", "ttl", "mark", "isn", "sourcePort"}]}
Twice it says that it is ready and waits for a line, so that all nodes are at one place: before the shots, when all of
them capture; and after them, when nobody has any packet under way. Ends at once when stdin ends.
Lines: {"missing": namespace, "detail"}, {"ready": true}, {"sent": shot, "refused": the kernel's words, "errno", "outcome"},
  {"heard": shot, "outcome"}: what the sender's socket got,
  {"seen": packet}, {"arp": ARP packet}, {"lookup": what `ip route get` says}, {"kernel": {...}}, {"unread": namespace, "detail"},
  {"containers": [...]}, {"done": true}.
"""

import errno
import json
import os
import select
import time

from ..engine import Engine, EngineError
from ..probe.containers import Containers
from ..probe.netns import Namespaces, NetnsError
from ..probe.outcome import of_errno
from . import kernel, shoot
from .capture import Capture, await_clock
from .packet import Shots

ENGINE_PATIENCE = 3  # seconds for one answer
APART = 0.01  # seconds between two shots: their packets must not be each other's competitors
GRACE = 0.03  # seconds for what follows the last answer
MOST_LOOKUPS = 60


def say(**line):
    os.write(1, (json.dumps(line, separators=(",", ":")) + "\n").encode())


class Orders:
    """Lines on standard input. Several may have come before the first is asked for; when it ends, so does this process."""

    def __init__(self):
        self._rest = b""

    def line(self):
        while b"\n" not in self._rest:
            self.more()
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def more(self):
        piece = os.read(0, 1 << 16)
        if not piece:
            os._exit(1)
        self._rest += piece


class Recording:
    def __init__(self, job, orders):
        self._job = job
        self._orders = orders
        self._known = Containers(Engine(ENGINE_PATIENCE))
        self._namespaces = Namespaces(self._known)
        self._shots = Shots(job["shots"], job["tunnelPorts"])
        self._inside = {}
        self._captures = {}
        self._awaited = {}  # sockets and their shots, by descriptor
        self._sockets = []
        self._poll = select.poll()

    def run(self):
        for spec in self._job["namespaces"]:
            self._open(spec)
        before = {one: self._in(one, kernel.rules) for one in self._inside}
        for one in self._inside:
            self._captures[one] = self._in(one, Capture, one, self._shots, self._job["keeps"])
        if self._inside:
            self._in(next(iter(self._inside)), await_clock)
        self._meet_the_others()
        self._watch()
        self._meet_the_others()
        for capture in self._captures.values():
            capture.drain()
        after = {one: self._in(one, kernel.rules) for one in self._inside}
        self._tell(before, after)
        say(done=True)

    def _open(self, spec):
        try:
            handle = self._namespaces.open(spec["netns"])
        except (NetnsError, EngineError) as error:
            say(missing=spec["id"], detail=str(error))
            return
        # The handle is "self", a pause container's /proc/PID/ns/net or a file of `ip netns`.
        words = handle.split("/")
        self._inside[spec["id"]] = (handle, words[2] if words[1:2] == ["proc"] else "self")

    def _in(self, netns, do, *args):
        self._namespaces.enter(self._inside[netns][0])
        return do(*args)

    def _meet_the_others(self):
        say(ready=True)
        self._orders.line()

    def _watch(self):
        """Fires this node's own shots, and captures until all are answered or the window ends."""
        own = [shot for shot in self._job["shots"] if shot["from"] in self._inside]
        if not own:
            return  # the captures keep what comes until it is read
        by_fd = {capture.socket.fileno(): capture for capture in self._captures.values()}
        for fd in (*by_fd, 0):
            self._poll.register(fd, select.POLLIN)
        start = time.monotonic()
        end = start + self._job["window"]
        while time.monotonic() < end:
            while own and time.monotonic() >= start + own[0]["shot"] * APART:
                self._fire(own.pop(0))
            pause = min(end, start + own[0]["shot"] * APART) if own else end
            for fd, _ in self._poll.poll(max(0, (pause - time.monotonic()) * 1000)):
                if fd in by_fd:
                    by_fd[fd].drain()
                    self._note_errors()
                elif fd in self._awaited:
                    self._hear(fd)
                elif fd == 0:
                    self._orders.more()
            if not own and not self._awaited:
                end = min(end, time.monotonic() + GRACE)

    def _fire(self, shot):
        sock, refusal = self._in(shot["from"], shoot.fire, shot)
        self._sockets.append(sock)  # a connection stays as long as this process
        if refusal:
            name, outcome = errno.errorcode.get(refusal, str(refusal)), of_errno(refusal)["outcome"]
            say(sent=shot["shot"], refused=os.strerror(refusal), errno=name, outcome=outcome)
            return
        self._awaited[sock.fileno()] = (sock, shot)
        self._poll.register(sock.fileno(), select.POLLOUT if shot["protocol"] == "tcp" else select.POLLIN)

    def _hear(self, fd):
        sock, shot = self._awaited[fd]
        outcome = shoot.hear(sock, shot)
        if outcome:
            self._settle(fd)
            say(heard=shot["shot"], outcome=outcome)

    def _note_errors(self):
        """Of a shot about which an ICMP error came back nothing more is awaited."""
        for fd, (_, shot) in list(self._awaited.items()):
            number = shot["shot"]
            seen = self._captures[shot["from"]].seen
            if any((one["shot"], one["role"], one["direction"]) == (number, "error", "in") for one in seen):
                self._settle(fd)

    def _settle(self, fd):
        self._poll.unregister(fd)
        del self._awaited[fd]

    def _tell(self, before, after):
        for capture in self._captures.values():
            for packet in capture.seen:
                say(seen=packet)
            for packet in capture.arp:
                say(arp=packet)
        bridged = {spec["id"] for spec in self._job["namespaces"] if spec["bridges"]}
        ports, local = set(), set()
        for one, (_, pid) in self._inside.items():
            try:
                state = self._in(one, kernel.state, pid)
                if one in bridged:
                    state |= self._in(one, kernel.bridges) | {"flows": self._in(one, kernel.flows, self._job["shots"])}
            except kernel.Unread as error:
                say(unread=one, detail=str(error))
                continue
            say(kernel={"netns": one, **state, "rules": {"before": before[one], "after": after[one]}})
            ports |= {(one, link["ifname"]) for link in state["links"] if "master" in link}
            local |= {(one, address.get("local")) for link in state["links"] for address in link["addr_info"]}
        for lookup in self._lookups(ports, local):
            say(lookup=lookup)
        say(containers=self._containers())

    def _lookups(self, ports, local):
        """What the routing says of every packet that came in here or was made here, and of an answer to what is for this
        node. What comes in by a bridge's port is not routed there."""
        asked = {}
        for shot in self._job["shots"]:
            if shot["from"] in self._inside:
                asked[(shot["from"], shot["address"], None, None)] = True
        for capture in self._captures.values():
            for packet in capture.seen:
                if packet["direction"] != "in" or packet["dev"] == "lo" or (capture.netns, packet["dev"]) in ports:
                    continue
                source, destination = packet["source"], packet["destination"]
                asked[(capture.netns, destination, source, packet["dev"])] = True
                if (capture.netns, destination) in local:
                    asked[(capture.netns, source, None, None)] = True
        for netns, destination, source, dev in list(asked)[:MOST_LOOKUPS]:
            found = self._in(netns, kernel.lookup, destination, source, dev)
            facts = {"netns": netns, "destination": destination, "source": source, "dev": dev}
            yield {name: value for name, value in (facts | found).items() if value is not None}

    def _containers(self):
        try:
            return self._known.states()
        except EngineError:
            return []


def run():
    orders = Orders()
    Recording(json.loads(orders.line()), orders).run()
