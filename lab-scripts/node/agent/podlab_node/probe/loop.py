"""One thread, many probes: an epoll loop that runs probes as generators.

asyncio would do, but importing it costs more than probing a small lab.
"""

import heapq
import select
import time
from collections import deque

now = time.monotonic


class Task:
    """A probe in progress.

    Its generator yields the time until which it waits, and is sent what happened: an event mask of a
    socket, ICMP_ERROR or ANSWER from a raw socket, or None when the time is up.
    """

    __slots__ = ("_loop", "_generator", "_done", "_waiting", "_mail")

    def __init__(self, loop, done):
        self._loop = loop
        self._done = done
        self._waiting = 0
        self._mail = deque()

    def start(self, generator):
        self._generator = generator
        self._resume(None)

    def wake(self, event):
        """Hands an event to the probe, at once or when it next waits."""
        self._mail.append(event)
        self._loop.soon(self._deliver)

    def _deliver(self):
        if self._waiting and self._mail:
            self._resume(self._mail.popleft())

    def _time_up(self, turn):
        if self._waiting == turn:
            self._resume(None)

    def _resume(self, event):
        self._waiting = 0
        try:
            until = self._generator.send(event)
        except StopIteration as stop:
            self._mail.clear()
            self._done(stop.value)
            return
        except Exception as error:  # whatever a probe runs into, it is that probe's error and no outcome
            self._mail.clear()
            self._done({"outcome": "probe-error", "detail": f"{type(error).__name__}: {error}"})
            return
        self._waiting = self._loop.at(until, self._time_up)
        if self._mail:
            self._loop.soon(self._deliver)


class Loop:
    def __init__(self):
        self._epoll = select.epoll()
        self._handlers = {}
        self._ears = {}
        self._timers = []
        self._soon = deque()
        self._turn = 0

    def listen(self, fd, handler):
        """Calls `handler()` when the descriptor has something to read, before all that became ready with it."""
        self._epoll.register(fd, select.EPOLLIN)
        self._ears[fd] = handler

    def watch(self, fd, events, handler):
        """Calls `handler(events)` whenever the descriptor is ready; replaces an earlier watch."""
        if fd in self._handlers:
            self._epoll.modify(fd, events)
        else:
            self._epoll.register(fd, events)
        self._handlers[fd] = handler

    def unwatch(self, fd):
        """For a descriptor that is closed right afterwards, by which the kernel forgets it."""
        self._handlers.pop(fd, None)

    def soon(self, callback):
        self._soon.append(callback)

    def at(self, when, callback):
        """Calls `callback(turn)` then. Returns that turn, a number that no other call gets."""
        self._turn += 1
        heapq.heappush(self._timers, (when, self._turn, callback))
        return self._turn

    def run(self, active, flush):
        """Runs while `active()`; `flush()` is called before every sleep."""
        while True:
            self._run_soon()
            if not active():
                return
            asked = now()
            wait = max(0.0, self._timers[0][0] - asked) if self._timers else -1
            if wait:
                flush()
            ready = self._epoll.poll(wait)
            for fd, _ in ready:
                if fd in self._ears:
                    self._ears[fd]()
            for fd, events in ready:
                handler = self._handlers.get(fd)
                if handler:
                    handler(events)
            self._run_soon()
            # Whatever had arrived by then was heard above: on a busy machine an answer must not lose against the clock.
            while self._timers and self._timers[0][0] <= asked:
                _, turn, callback = heapq.heappop(self._timers)
                callback(turn)

    def _run_soon(self):
        while self._soon:
            self._soon.popleft()()
