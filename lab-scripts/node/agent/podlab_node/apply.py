"""`podlab-node apply`: makes the node what its state says, and says what it did."""
import fcntl
import os
import sys
import threading
import time

from . import bird, files, found, kernel, links, paths, processes, servers, state
from .difference import Difference
from .tools import Tool, ToolError

LOCK_PATIENCE = 60
#: A node is plugged in before it is told its state, or starts.
CABLE_PATIENCE = 5
#: Seconds that the servers of pods are given after a boot until they listen. After an `up` the verification tries again.
SETTLING = 1
#: Docker gives a node its default route just after the interface; here is how long it is waited for.
DOCKER_FINISHES_WITHIN = 0.5


class Apply:
    def __init__(self, wanted, before):
        self._wanted = wanted
        self._files_before = before.get("files", {})
        self._failed = []
        self._lock = threading.Lock()
        self._ports = set()

    def run(self):
        """@return a line for each thing that could not be made"""
        self._step(self._make_files)
        left = self._kernel(patient=False)
        self._step(self._make_bird)
        host = threading.Thread(target=self._step, args=(self._make_host,))
        if "engine" in self._wanted:
            host.start()
        awaited = any(one.subject.startswith("interface ") and not one.steps for one in left)
        if awaited:
            self._await_cables()
        self._step(servers.make, self._wanted["servers"], self._say)
        if host.ident:
            host.join()
        if awaited or self._ports:
            left = self._kernel(patient=True)
        return [*self._failed, *(one.failed() for one in left)]

    def _say(self, line):
        with self._lock:
            print(line, flush=True)

    def _step(self, work, *args):
        try:
            work(*args)
        except Exception as error:  # noqa: BLE001 whatever it is, the other parts are made
            self._failed.append(str(error) or repr(error))

    def _make_files(self):
        if files.make(self._wanted["files"], self._files_before, self._say) and self._wanted.get("bird"):
            bird.configure()

    def _make_bird(self):
        if self._wanted.get("bird") or os.path.exists("/run/bird/bird.ctl"):
            bird.make(self._wanted.get("bird", False), kernel.look(self._wanted["kernel"]).found(), self._say)

    def _kernel(self, patient):
        try:
            return kernel.make(self._wanted["kernel"], self._say, self._ports, patient)
        except ToolError as error:
            return [Difference("kernel", "an answer", str(error))]

    def _await_cables(self):
        """Waits for interfaces that Docker has not provided yet."""
        began = time.monotonic()
        while time.monotonic() - began < CABLE_PATIENCE and self._lacks_cable(patient=time.monotonic() - began > 2):
            time.sleep(0.05)
        # With each network more Docker sets it anew, so the one that is there may not be the last.
        several = sum(one["kind"] == "ethernet" for one in self._wanted["kernel"]["interfaces"].values()) > 1
        finished = time.monotonic() + DOCKER_FINISHES_WITHIN
        while time.monotonic() < finished and (several or not Tool("ip", "route", "show", "default").wait()[1]):
            time.sleep(0.02)

    def _lacks_cable(self, patient):
        try:
            return None in links.kernel_names(self._wanted["kernel"]["interfaces"], found.links(), self._ports, patient).values()
        except ToolError:
            return True

    def _make_host(self):
        from . import pods

        wanted = self._wanted
        known = pods.make_engine(wanted, self._say)
        threads = []
        for name, pod in wanted["pods"].items():
            one = pods.Pod(name, pod, wanted["engine"].get("network"), known, self._say)
            threads.append(threading.Thread(target=self._step, args=(self._make_pod, one, name)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _make_pod(self, pod, name):
        try:
            left = pod.make()
        except Exception as error:
            raise RuntimeError(f"pod {name}: {error}") from error
        self._failed.extend(f"pod {name}: {one.failed()}" for one in left)
        self._ports |= pod.ports


def main(generation=None, stored=False, booting=False):
    """@param generation is noted once all worked; None: the stored one stays @return the exit code"""
    content = None if stored else sys.stdin.buffer.read()
    with open(f"{paths.running()}/agent.lock", "w") as lock:
        if not _locked(lock):
            print(f"another podlab-node is still at work here after {LOCK_PATIENCE} s; docker restart of this container ends it", file=sys.stderr)
            return 1
        if booting and paths.read(_ready()) is not None:
            return 0
        before = _stored()
        try:
            wanted = state.load()[0] if stored else state.parse(content)
        except state.StateError as error:
            print(f"the state can't be applied: {error}", file=sys.stderr)
            return 1
        number = state.generation() if generation is None else generation
        if content is not None:
            state.store(content)
        state.note_generation(None)
        processes.wake(lambda line: print(line, flush=True))
        if not booting:
            undo_faults()
        failed = Apply(wanted, before).run()
        if booting and wanted["pods"]:
            time.sleep(SETTLING)
        for line in failed:
            print(line, file=sys.stderr)
        if failed:
            return 1
        state.note_generation(number)
        paths.write(_ready(), b"")
        return 0


def undo_faults():
    for note, about in state.faults():
        Tool("sh", note, "undo").wait()
        os.remove(note)
        print(f"undid fault {about}", flush=True)


def boot():
    """
    Applies what is stored, unless the node was told a state since it started, and has it. Then the node is ready, come what may:
    `observe` says what differs.
    """
    try:
        state.load()
        main(stored=True, booting=True)
    except state.StateError:
        pass
    paths.write(_ready(), b"")
    return 0


def _ready():
    return f"{paths.running()}/ready"


def _stored():
    try:
        return state.load()[0]
    except state.StateError:
        return {}


def _locked(file):
    until = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
