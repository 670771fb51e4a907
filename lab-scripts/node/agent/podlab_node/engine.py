"""The host's own Docker engine, by its API over its socket (Docker Engine API v1.45, Docker 26.1)."""
import json
import os
import signal
import socket
import threading
import time

from . import paths

SOCKET = "/var/run/docker.sock"
#: By these files, not by names: a pod may run a dockerd, too.
DOCKERD, CONTAINERD = "/run/docker.pid", "/run/podlab/containerd.pid"
VERSION = "/v1.45"
#: Seconds. It needs one or two to start; more on a machine that starts 32 of them at once.
STARTS_WITHIN = 120
#: Seconds for one answer, or for its start, after which it is ended.
HANGS_AFTER = 60
_restart = threading.Lock()
_restarted = 0.0


class EngineError(Exception):
    """The engine refused, or did not answer; the message says to what."""


class NoAnswer(EngineError):
    """There is no engine, or it says nothing."""


class Engine:
    """@param patience seconds for one answer; None: one that hangs is ended and asked again, and so is one that is about to start"""

    def __init__(self, patience=None):
        self._patience = patience

    def get(self, path):
        """Returns the answer to GET; None where there is no such thing."""
        return self._read(404, "GET", path)

    def post(self, path, body=None, kind="application/json"):
        """@param body JSON, or bytes of another kind"""
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        # 304: it is so already.
        return self._read(304, "POST", path, content, kind)

    def delete(self, path):
        """One that is gone already is no error."""
        self._read(404, "DELETE", path)

    def wait(self):
        """Waits until it answers. One that hangs is ended: the entrypoint starts it again, and pods go on meanwhile (live-restore)."""
        began = time.monotonic()
        while True:
            try:
                return Engine(3).get("/_ping")
            except EngineError as error:
                waited = time.monotonic() - began
                if waited > STARTS_WITHIN:
                    raise EngineError(f"the host's Docker engine did not answer within {STARTS_WITHIN} s ({error}); its log: docker logs of this container") from None
                if waited > HANGS_AFTER:
                    end_since(began)
                time.sleep(0.02)

    def _read(self, nothing, method, path, *more):
        """@param nothing the status with which there is nothing to be told"""
        status, answer = self._ask(method, path, *more)
        if status == nothing:
            return None
        text = answer.decode(errors="replace")
        if not 200 <= status < 300:
            raise EngineError(f"{method} {path}: {_message(text)}")
        try:
            return json.loads(text) if text else None
        except ValueError:
            return text

    def _ask(self, *request):
        if self._patience is not None:
            return self._answer(self._patience, *request)
        began = time.monotonic()
        try:
            return self._answer(HANGS_AFTER, *request)
        except NoAnswer:
            if time.monotonic() - began >= HANGS_AFTER:
                end_since(began)
            self.wait()
            return self._answer(HANGS_AFTER, *request)

    @staticmethod
    def _answer(patience, method, path, content=b"", kind="application/json"):
        """HTTP/1.0: the answer comes in one piece and ends with the connection."""
        until = time.monotonic() + patience
        head = f"{method} {VERSION}{path} HTTP/1.0\r\nHost: docker\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
        try:
            with socket.socket(socket.AF_UNIX) as engine:
                engine.settimeout(patience)
                engine.connect(SOCKET)
                engine.sendall(head.encode() + content)
                answer = b""
                while piece := engine.recv(1 << 16):
                    answer += piece
                    engine.settimeout(max(0.001, until - time.monotonic()))
        except TimeoutError:
            raise NoAnswer(f"the engine gave no answer to {method} {path.partition('?')[0]} within {patience} s") from None
        except OSError as error:
            raise NoAnswer(f"the engine does not answer: {error.strerror or error}") from None
        head, _, body = answer.partition(b"\r\n\r\n")
        words = head.split(None, 2)
        if len(words) < 2 or not words[1].isdigit():
            raise EngineError(f"the engine gave no answer to {method} {path}")
        return int(words[1]), body


def end_since(moment):
    """Ends the engine's own processes, unless that was done after that moment: each pod has a thread that may find that it hangs."""
    global _restarted
    with _restart:
        if _restarted > moment:
            return
        _restarted = time.monotonic()
        for file in (DOCKERD, CONTAINERD):
            end(file)


def end(file):
    """Ends one of the engine's own processes, which the entrypoint starts again. @param file with its number"""
    try:
        os.kill(int(paths.text(file)), signal.SIGKILL)
    except (OSError, ValueError):
        pass


def _message(text):
    try:
        return json.loads(text)["message"]
    except (ValueError, LookupError, TypeError):
        return text[:300]
