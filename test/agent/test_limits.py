"""What hangs is given up after its limit, which is named; a process that was stopped is told and woken."""
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

from node import AGENT

sys.path.insert(0, AGENT)

from podlab_node import engine  # noqa: E402
from podlab_node.capture import kernel  # noqa: E402
from podlab_node.tools import Tool  # noqa: E402


class Limits(unittest.TestCase):
    def test_a_tool_that_hangs(self):
        began = time.monotonic()
        code, out, complaint = Tool("sh", "-c", "echo begun; exec sleep 60", limit=0.3).wait()
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual((code, out, complaint), (124, "begun\n", "no end within 0.3 s"))

    def test_a_tool_that_ends(self):
        self.assertEqual(Tool("sh", "-c", "echo said; exit 3").wait(), (3, "said\n", ""))

    def test_a_tool_of_a_capture_that_fails_says_so_and_not_that_there_is_nothing(self):
        self.assertEqual(kernel.listed("true"), [])
        for said in ("echo no permission >&2; exit 1", "echo no JSON"):
            with self.subTest(said=said), self.assertRaisesRegex(kernel.Unread, f"^sh -c {said}: no (permission|JSON)$"):
                kernel.listed("sh", "-c", said)

    def test_an_engine_that_answers_too_slowly_as_a_whole(self):
        for drip in (b"", b"HTTP/1.0 200 OK\r\n"):
            with self.subTest(drip=drip), _silent(drip):
                began = time.monotonic()
                with self.assertRaisesRegex(engine.NoAnswer, r"no answer to GET /containers/json within 0\.3 s"):
                    engine.Engine(0.3).get("/containers/json?all=1")
                self.assertLess(time.monotonic() - began, 2)

    def test_a_stopped_process_is_told_and_woken_and_a_suspended_job_is_not(self):
        said = _in_a_pid_namespace("""
            import os, pty, signal, subprocess, time
            from podlab_node import observe, processes

            stopped = subprocess.Popen(["sleep", "60"])
            pid, terminal = pty.fork()
            if pid == 0:
                os.execvp("sleep", ["sleep", "61"])
            time.sleep(0.2)
            for one in (stopped.pid, pid):
                os.kill(one, signal.SIGSTOP)
            time.sleep(0.1)
            print([(one.subject == f"process {stopped.pid} (sleep)", one.wanted, one.found) for one in processes.differences()])
            # Of a node that has no state, too.
            print([one["found"] for one in observe.report()["differences"]])
            processes.wake(lambda line: None)
            time.sleep(0.1)
            print(list(processes.differences()))
        """)
        self.assertEqual(said, "[(True, 'running', 'stopped by a signal')]\n['no file that can be read', 'stopped by a signal']\n[]\n")


def _in_a_pid_namespace(program):
    command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": AGENT}, capture_output=True, text=True, check=True, timeout=30).stdout


class _silent:
    """An engine that sends `drip` again and again, and never comes to an end."""

    def __init__(self, drip):
        self._drip, self._over = drip, threading.Event()

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._socket, self._before = socket.socket(socket.AF_UNIX), engine.SOCKET
        engine.SOCKET = f"{self._folder.name}/docker.sock"
        self._socket.bind(engine.SOCKET)
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        asked, _ = self._socket.accept()
        with asked:
            while not self._over.wait(0.05):
                try:
                    asked.sendall(self._drip)
                except OSError:
                    break

    def __exit__(self, *_):
        engine.SOCKET = self._before
        self._over.set()
        self._thread.join()
        self._socket.close()
        self._folder.cleanup()


if __name__ == "__main__":
    unittest.main()
