import fcntl
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

from django.db import connection, connections

#: Two larger crowds at one time, of two processes, are more than a server has connections for.
LARGE = 32
LOCK = Path(tempfile.gettempdir()) / f"authkit-large-crowd-{connection.vendor}"

#: Long enough for a machine that is busy; beyond it there is a deadlock.
PATIENCE_SECONDS = 300


def come_in_full():
    """Say whether crowds are as large here as what has been promised of them.

    That is on PostgreSQL, once. Elsewhere only the statements are others, and fewer will do.
    """
    settings = connection.settings_dict
    return connection.vendor == "postgresql" and not settings["ATOMIC_REQUESTS"]


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
            barrier.wait(timeout=PATIENCE_SECONDS)
            return call()

        jobs = [self._pool.submit(run, call) for call in calls]
        return [job.result(timeout=PATIENCE_SECONDS) for job in jobs]
