"""One namespace that probes start in: its raw sockets, and who waits for what arrives on them."""

import os
import select
import socket

import ipv4

ICMP_ERROR, ANSWER = "icmp-error", "answer"
SEQUENCE = 1


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
    def __init__(self, loop, doors, where):
        self.loop = loop
        self._doors = doors
        self._netns = doors.open(where)
        self._flows = {}
        self._identifier = int.from_bytes(os.urandom(2), "big")
        self._tcp = None
        doors.enter(self._netns)
        self.icmp = ipv4.icmp_socket()
        loop.watch(self.icmp.fileno(), select.EPOLLIN, lambda _: self.drain())

    def socket(self, kind, protocol=0):
        """A non-blocking socket of this namespace."""
        self._doors.enter(self._netns)
        return socket.socket(ipv4.FAMILY, kind | socket.SOCK_NONBLOCK, protocol)

    def hear_tcp(self):
        """From now on the TTL of TCP answers is known."""
        if self._tcp is None:
            self._doors.enter(self._netns)
            self._tcp = ipv4.tcp_answer_socket()
            self.loop.watch(self._tcp.fileno(), select.EPOLLIN, lambda _: self.drain())

    def expect(self, key, task, address):
        flow = self._flows[key] = Flow(task, address)
        return flow

    def expect_echo(self, task, address):
        """A new echo request: (flow, key). Its identifier is its own: to connection tracking the echoes of one
        identifier are one connection, and what is said to the first would decide about the others."""
        self._identifier = (self._identifier + 1) & 0xFFFF
        key = (ipv4.ICMP, self._identifier, SEQUENCE)
        return self.expect(key, task, address), key

    def forget(self, key):
        self._flows.pop(key, None)

    def drain(self):
        """Reads what the raw sockets hold and tells the flows that it belongs to."""
        for packet in received(self.icmp):
            self._icmp(packet)
        if self._tcp:
            for packet in received(self._tcp):
                key, ttl = ipv4.tcp_answer(packet)
                flow = self._flows.get(key)
                if flow:
                    flow.ttl = ttl

    def _icmp(self, packet):
        message = ipv4.icmp_message(packet)
        if message is None:
            return
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
        flow = self._flows.get((ipv4.ICMP, identifier, sequence))
        if flow and flow.address == address and not flow.answered:
            flow.answered, flow.ttl = True, ttl
            flow.task.wake(ANSWER)


def received(sock):
    while True:
        try:
            yield sock.recv(2048)
        except BlockingIOError:
            return
