"""Images of the host's engine. The pod image comes with the node image; the user's are brought from the machine's engine."""
from .difference import NOTHING, Difference
from .engine import EngineError
from .tools import LIMIT

POD_IMAGE = "podlab/pod"
POD_FILES = "/usr/local/share/podlab/pod"


def lacking(wanted, engine):
    """Returns those that the engine does not have."""
    there = {name for image in engine.get("/images/json") for name in (image["Id"], *(image["RepoTags"] or []))}
    # Asked for by itself is one that is in no list as it is written: with the name of Docker's own registry.
    return [name for name in wanted if _tagged(name) not in there and engine.get(f"/images/{name}/json") is None]


def differences(wanted, engine):
    return [Difference(f"image {name}", "there", NOTHING) for name in lacking([POD_IMAGE, *wanted], engine)]


def make(engine, say):
    """Takes in the pod image where the engine has lost it, or began without (entrypoint.sh)."""
    import subprocess

    if not lacking([POD_IMAGE], engine):
        return
    packed = subprocess.run(["tar", "-C", POD_FILES, "-c", "."], stdout=subprocess.PIPE, check=True, timeout=LIMIT).stdout
    # It has answered with 200 by the time it unpacks.
    told = engine.post(f"/images/create?fromSrc=-&repo={POD_IMAGE}&changes=ENV%20PATH%3D%2Fbin", packed, "application/x-tar")
    if '"error"' in str(told):
        raise EngineError(f"image {POD_IMAGE} can't be taken in: {str(told)[-300:]}")
    say(f"added image {POD_IMAGE}: from {POD_FILES}")


def _tagged(name):
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
