"""A function that runs in a thread: what units.py needs of the module threading, which takes half as long to import as Python itself
takes to start."""
import _thread


class Background:
    def __init__(self, function):
        self._function = function
        self._running = _thread.allocate_lock()
        self._running.acquire()

    def start(self):
        _thread.start_new_thread(self._run, ())

    def _run(self):
        try:
            self._function()
        finally:
            self._running.release()

    def join(self):
        """Waits until it has ended."""
        with self._running:
            pass
