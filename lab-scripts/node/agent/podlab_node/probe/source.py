"""One namespace that probes start in: its raw sockets, and who waits for what arrives on them."""

import os
import socket

from . import ip

ICMP_ERROR, ANSWER = "icmp-error", "answer"
SEQUENCE = 1
AT_ONCE = 8  # sockets made in one visit to the namespace: to enter it takes as long as to make two


class Flow:
    """What was heard of one thing that was sent."""

    __slots__ = ("task", "address", "error", "answered", "ttl")

    def __init__(self, task, address):
        self.task = task
        self.address = address
        self.error = None
        self.answered = False
        self.ttl = None


class Source:
    def __init__(self, loop, namespaces, where):
        self.loop = loop
        self._namespaces = namespaces
        self._netns = namespaces.open(where)
        self._flows = {}
        self._identifier = int.from_bytes(os.urandom(2), "big")
        self._icmp, self._tcp = {}, {}  # raw sockets by family
        self._spare = {}  # sockets that nobody used yet, by family and kind
        self.icmp("0.0.0.0")  # a namespace where none can be made is no source at all

    def socket(self, address, kind, protocol=0):
        """A non-blocking socket of this namespace, for an address of this family."""
        family = ip.of(address).FAMILY
        spare = self._spare.setdefault((family, kind), [])
        if not spare:
            self._namespaces.enter(self._netns)
            # A raw socket hears from when it is made: of these there are no spare ones.
            count = 1 if kind == socket.SOCK_RAW else AT_ONCE
            spare.extend(socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol) for _ in range(count))
        return spare.pop()

    def icmp(self, address):
        """The socket that sends echo requests to addresses of this family, and hears what is said of all that was sent."""
        return self._ear(self._icmp, ip.of(address), "icmp_socket")

    def hear_tcp(self, address):
        """From now on the TTL of TCP answers is known."""
        self._ear(self._tcp, ip.of(address), "tcp_answer_socket")

    def _ear(self, ears, family, make):
        if family not in ears:
            self._namespaces.enter(self._netns)
            ears[family] = getattr(family, make)()
            self.loop.listen(ears[family].fileno(), self.drain)
        return ears[family]

    def expect(self, key, task, address):
        flow = self._flows[key] = Flow(task, address)
        return flow

    def expect_echo(self, task, address):
        """A new echo request: (flow, key). Its identifier is its own: to connection tracking the echoes of one
        identifier are one connection, and what is said to the first would decide about the others."""
        self._identifier = (self._identifier + 1) & 0xFFFF
        key = (ip.of(address).ICMP, self._identifier, SEQUENCE)
        return self.expect(key, task, address), key

    def forget(self, key):
        self._flows.pop(key, None)

    def drain(self):
        """Reads what the raw sockets hold and tells the flows that it belongs to."""
        for family, sock in self._icmp.items():
            for message in family.icmp_messages(sock):
                self._heard(family, message)
        for family, sock in self._tcp.items():
            for key, ttl in family.tcp_answers(sock):
                flow = self._flows.get(key)
                if flow:
                    flow.ttl = ttl

    def _heard(self, family, message):
        if message[0] == "error":
            _, key, destination, error = message
            flow = self._flows.get(key)
            # About a packet that was sent elsewhere on its way (DNAT) an error is none of the sender's business: the
            # kernel hands it to no socket, and ping(8) takes no notice of it.
            if flow and not flow.error and flow.address == destination:
                flow.error = error
                flow.task.wake(ICMP_ERROR)
            return
        _, identifier, sequence, address, ttl = message
        flow = self._flows.get((family.ICMP, identifier, sequence))
        if flow and flow.address == address and not flow.answered:
            flow.answered, flow.ttl = True, ttl
            flow.task.wake(ANSWER)
