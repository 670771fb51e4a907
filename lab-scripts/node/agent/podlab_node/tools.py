"""Processes of tools that a person would use, too. Several may run at once: what one says is kept in memory (memfd_create(2))."""
import os

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "LC_ALL": "C"}


class Tool:
    """Starts in the network namespace of the calling thread."""

    def __init__(self, *command, given="", environment=ENVIRONMENT):
        self._command = command
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
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1]) if self._pid else 127
        return code, _content(self._out), _content(self._err).strip()

    def output(self):
        """Returns what it printed. @raise ToolError where it failed"""
        code, out, err = self.wait()
        if code != 0:
            raise ToolError(f"{' '.join(self._command[:3])}: {err or f'exit code {code}'}")
        return out


class ToolError(Exception):
    """A tool failed; the message is what it said."""


def run(*command, **more):
    """Returns what a tool printed. @raise ToolError"""
    return Tool(*command, **more).output()


def _content(file):
    try:
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")
    finally:
        os.close(file)
