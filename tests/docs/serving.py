"""What a test with a live server waits for before the database is emptied."""

import gc
import threading


def wait_for_requests_to_end():
    """Wait for the server's threads; afterwards they may not touch the database any more."""
    gc.collect()  # a response without references closes its connection
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=10)
