"""Processes of tools that a person would use, too. Several may run at once: what one says is kept in memory (memfd_create(2))."""
import os
import signal
import time

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "LC_ALL": "C"}
#: Seconds. The slowest of them takes one or two on a machine that starts a whole lab.
LIMIT = 30


class Tool:
    """Starts in the network namespace of the calling thread."""

    def __init__(self, *command, given="", environment=ENVIRONMENT, limit=LIMIT):
        self._command = command
        self._limit, self._began = limit, time.monotonic()
        files = [os.memfd_create(name) for name in ("in", "out", "err")]
        self._out, self._err = files[1:]
        os.write(files[0], given.encode())
        os.lseek(files[0], 0, os.SEEK_SET)
        streams = [(os.POSIX_SPAWN_DUP2, file, number) for number, file in enumerate(files)]
        try:
            self._pid = os.posix_spawnp(command[0], command, environment, file_actions=streams)
        except OSError as error:
            self._pid = 0
            os.write(self._err, f"{command[0]}: {error.strerror}".encode())
        os.close(files[0])

    def wait(self):
        """Returns its exit code, what it printed, and what it complained about."""
        code = self._ended() if self._pid else 127
        return code, _content(self._out), _content(self._err).strip()

    def _ended(self):
        """Returns its exit code. One that hangs is killed."""
        while True:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > self._began + self._limit:
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
                os.write(self._err, f"\nno end within {self._limit} s".encode())
                return 124
            time.sleep(0.0005)

    def output(self):
        """Returns what it printed. @raise ToolError where it failed"""
        code, out, err = self.wait()
        if code != 0:
            raise ToolError(f"{' '.join(self._command[:3])}: {err or f'exit code {code}'}")
        return out


class ToolError(Exception):
    """A tool failed; the message is what it said."""


def _content(file):
    try:
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")
    finally:
        os.close(file)
