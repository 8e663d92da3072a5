"""What a test with a live server does before the database is emptied."""

import gc
import threading
from contextlib import contextmanager


@contextmanager
def waiting_for_requests_to_end():
    """Wait for the server's threads at the end; afterwards they touch the database no more."""
    gc.freeze()  # what was there before is not searched: that takes longer than the test
    try:
        yield
    finally:
        gc.collect()  # a response without references closes its connection
        gc.unfreeze()
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join(timeout=10)
