import fcntl
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

from django.db import connections

#: Two larger crowds at one time, of two processes, are more than a server has connections for.
LARGE = 32
LOCK = Path(tempfile.gettempdir()) / "authkit-large-crowd"


class Crowd:
    """Threads with a database connection each, that start what they are told at one moment."""

    def __init__(self, size=16):
        self.size = size
        self._pool = ThreadPoolExecutor(size)
        self._held = ExitStack()

    def __enter__(self):
        if self.size > LARGE:
            fcntl.flock(self._held.enter_context(LOCK.open("w")), fcntl.LOCK_EX)
        return self

    def __exit__(self, *exc_info):
        try:
            self.at_once([connections.close_all] * self.size)
        finally:
            self._pool.shutdown()
            self._held.close()

    def at_once(self, calls):
        """Call each in a thread of its own, all released by one barrier; return the results."""
        barrier = Barrier(len(calls))

        def run(call):
            barrier.wait(timeout=60)
            return call()

        return [job.result(timeout=120) for job in [self._pool.submit(run, c) for c in calls]]
