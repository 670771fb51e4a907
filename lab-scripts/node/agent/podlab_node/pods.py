"""A host's engine and its pods: what differs, and how it is made to agree."""
import time

from . import cni, containers, found, images, kernel, links, networks
from .containers import is_running, pid_of
from .difference import NOTHING, Difference
from .engine import Engine, EngineError
from .namespaces import Namespace

#: A container that the engine itself is about to start, or to end, may be in the way of one try.
TRIES = 3
#: What the engine is about to do with a container by itself.
MOVING = ("restarting", "removing", containers.UNNOTICED)


def look(wanted, tell, patience):
    """Tells what differs in the engine. @return the process of each pod's pause container that runs, by the pod's name"""
    engine = Engine(patience)
    node = wanted["node"]
    try:
        network = wanted["engine"].get("network")
        tell(node, networks.differences(network, engine))
        tell(node, images.differences(wanted["engine"]["images"], engine))
        known = containers.inventory(engine)
        tell(node, stale(wanted["pods"], known))
        tell(node, cni.stale(wanted["pods"]))
        running = {}
        for name, pod in wanted["pods"].items():
            tell(f"{node}/{name}", containers.differences(name, containers.bodies(name, pod, network), known))
            pause = known.get(pod["pause"]["name"])
            if is_running(pause):
                running[name] = pid_of(pause)
                if "cni" in pod:
                    tell(f"{node}/{name}", cni.differences(name, pod, pid_of(pause)))
        return running
    except EngineError as error:
        tell(node, [Difference("Docker engine", "an answer", str(error))])
        return {}


def stale(pods, known):
    """Containers of pods that the state does not have."""
    for name, one in known.items():
        pod = containers.pod_of(one)
        if pod is not None and pod not in pods:
            yield Difference(f"container {name}", NOTHING, containers.state_of(one))


def make_engine(wanted, say):
    """Makes all of the engine but its pods. @return its containers, as containers.inventory has them"""
    engine = Engine()
    engine.wait()
    networks.make(wanted["engine"].get("network"), engine, say)
    images.make(engine, say)
    known = containers.inventory(engine)
    for one in stale(wanted["pods"], known):
        containers.remove(engine, one.subject.removeprefix("container "))
        say(one.done())
    for one in cni.stale(wanted["pods"]):
        cni.unplug(one.subject.removeprefix("CNI result of "))
        say(one.done())
    return known


class Pod:
    """Makes one pod. Siblings are made by other threads at the same time."""

    def __init__(self, name, pod, network, known, say):
        self._name, self._pod, self._say = name, pod, say
        self._bodies = containers.bodies(name, pod, network)
        self._pause = pod["pause"]["name"]
        self._known = {one: known[one] for one in known if one in self._bodies or containers.pod_of(known[one]) == name}
        self._engine = Engine()
        #: The number of the interface at the other end of the pod's.
        self.ports = set()

    def make(self):
        """@return what could not be made. Leaves the thread in the pod's namespace."""
        self._settle()
        left, errors = list(self._differences()), {}
        for _ in range(TRIES):
            if not left:
                break
            errors = {}
            for one in sorted(left, key=lambda one: not one.subject.endswith(f" {self._pause}")):
                try:
                    self._mend(one)
                except EngineError as error:
                    errors[one.subject] = str(error)
            self._look_again()
            self._settle()
            left = list(self._differences())
        for one in left:
            one.error = errors.get(one.subject, "")
        return [*left, *self._make_kernel()]

    def _differences(self):
        return containers.differences(self._name, self._bodies, self._known)

    def _mend(self, difference):
        name = difference.subject.rpartition(" ")[2]
        one, body, engine = self._known.get(name), self._bodies.get(name), self._engine
        if body is None:
            containers.remove(engine, name)
        elif one is None:
            containers.create(engine, name, body)
        elif containers.spec_of(one) != containers.spec_of(body) or containers.pod_of(one) != self._name:
            containers.replace(engine, name, body)
        elif difference.subject.startswith("networks of "):
            self._plug_again()
        elif containers.state_of(one) == "paused":
            engine.post(f"/containers/{name}/unpause")
        elif name == self._pause and containers.state_of(one) in ("created", "exited"):
            containers.start(engine, name)
        elif name == self._pause:
            engine.post(f"/containers/{name}/restart?t=0")
        else:
            self._join(name)
        self._say(difference.done())

    def _join(self, name):
        """Started again, a container joins its pause container's namespace of now. Refused where that one is gone for good."""
        try:
            self._engine.post(f"/containers/{name}/restart?t=0")
        except EngineError:
            containers.replace(self._engine, name, self._bodies[name])

    def _plug_again(self):
        """Plugged in again beside its old place it would get eth1; started again it gets eth0."""
        engine, own = self._engine, self._bodies[self._pause].get("NetworkingConfig", {}).get("EndpointsConfig", {})
        for network in self._known[self._pause]["NetworkSettings"]["Networks"]:
            networks.unplug(engine, network, self._pause)
        for network, end in own.items():
            engine.post(f"/networks/{network}/connect", {"Container": self._pause, "EndpointConfig": end})
        engine.post(f"/containers/{self._pause}/restart?t=0")

    def _settle(self):
        """Waits for the engine: what it starts at the same time as this would be started twice."""
        until = time.monotonic() + networks.SETTLES_WITHIN
        while time.monotonic() < until and any(containers.state_of(one) in MOVING for one in self._known.values()):
            time.sleep(0.1)
            self._look_again()

    def _look_again(self):
        found = {name: self._engine.get(f"/containers/{name}/json") for name in {*self._bodies, *self._known}}
        self._known = {name: one for name, one in found.items() if one}

    def _make_kernel(self):
        pause = self._known.get(self._pause)
        if not is_running(pause):
            return []
        own = Namespace()
        self._enter(pause)
        wanted = self._pod["kernel"]
        if self._is_unplugged(pause):
            self._say(f"plugged {self._name} in again")
            if "cni" in self._pod:
                # The plugins make the host's end, too.
                own.enter()
                cni.plug(self._name, self._pod, pid_of(pause))
                self._enter(pause)
            else:
                self._plug_again()
                self._look_again()
                for name in self._bodies:
                    if name != self._pause:
                        self._join(name)
                self._look_again()
                self._enter(self._known[self._pause])
        own.close()
        left = kernel.make(wanted, lambda line: self._say(f"pod {self._name}: {line}"), patient=True)
        self.ports = links.other_ends(wanted["interfaces"], found.links(), patient=True)
        return left

    def _enter(self, pause):
        namespace = Namespace(pid_of(pause))
        namespace.enter()
        namespace.close()

    def _is_unplugged(self, pause):
        names = links.kernel_names(self._pod["kernel"]["interfaces"], found.links(), patient=True)
        return None in names.values() or ("cni" in self._pod and any(cni.differences(self._name, self._pod, pid_of(pause))))
