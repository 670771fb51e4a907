"""podlab-node COMMAND: what a node does with its desired state.

  apply [--generation N] [--stored]   make the node what the state on standard input says; --stored: the state that is kept here
  observe                             what of the node is not as its state says (JSON)
  state                               the desired state that is kept here
  boot                                apply what is kept here, as the node starts
  lacks                               those images of the state on standard input that the host's engine does not have: name
                                      here, name in the machine's engine
  cni add|check|del POD [NETNS …]     what a container runtime asks CNI plugins for; add: NETNS ADDRESS MAC
  probe, capture                      packets sent and packets seen, as podlab verify asks for them

  --root DIR   before the command: keep everything below DIR (a bare network namespace instead of a node)
"""
import sys


def main(words):
    if words[:1] == ["--root"]:
        from . import paths

        paths.root = words[1].rstrip("/")
        words = words[2:]
    command, rest = words[0] if words else "", words[1:]
    if command not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    return COMMANDS[command](rest) or 0


def _apply(words):
    from . import apply

    generation = words[words.index("--generation") + 1] if "--generation" in words else None
    return apply.main(None if generation is None else int(generation), "--stored" in words)


def _observe(_words):
    from . import observe

    observe.main()


def _boot(_words):
    from . import apply

    return apply.boot()


def _state(_words):
    import json

    from . import state

    try:
        print(json.dumps(state.load()[0], indent=2))
    except state.StateError as error:
        print(f"stored state: {error}", file=sys.stderr)
        return 1


def _lacks(_words):
    import json

    from . import engine, images

    host = engine.Engine()
    host.wait()
    wanted = json.load(sys.stdin)["engine"]["images"]
    for name in images.lacking(wanted, host):
        print(name, wanted[name])


def _probe(_words):
    from .probe import main

    main.run()


def _capture(_words):
    from .capture import main

    main.run()


def _cni(words):
    from . import cni

    try:
        {"add": cni.add, "check": cni.check, "del": cni.unplug}[words[0]](*words[1:])
    except (LookupError, TypeError):
        print(__doc__, file=sys.stderr)
        return 2
    except cni.CniError as error:
        print(error, file=sys.stderr)
        return 1


COMMANDS = {
    "apply": _apply,
    "observe": _observe,
    "boot": _boot,
    "state": _state,
    "lacks": _lacks,
    "probe": _probe,
    "capture": _capture,
    "cni": _cni,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
