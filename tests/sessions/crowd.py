from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections


class Crowd:
    """Threads with a database connection each, that start what they are told at one moment."""

    def __init__(self, size=16):
        self.size = size
        self._pool = ThreadPoolExecutor(size)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        try:
            self.at_once([connections.close_all] * self.size)
        finally:
            self._pool.shutdown()

    def at_once(self, calls):
        """Call each in a thread of its own, all released by one barrier; return the results."""
        barrier = Barrier(len(calls))

        def run(call):
            barrier.wait(timeout=60)
            return call()

        return [job.result(timeout=120) for job in [self._pool.submit(run, c) for c in calls]]
