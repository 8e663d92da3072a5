"""Processes that have come to different steps of a rotation of SECRET_KEY."""

import threading
from contextlib import contextmanager

from authkit.core import crypto, keyed_names
from authkit.passwords import models as password_models

OLD, NEW = "o" * 60, "n" * 60

#: SECRET_KEY and SECRET_KEY_FALLBACKS, in the order of ``docs/how-to/rotate-secret-key.md``.
STEPS = {
    "before": [OLD],
    "announced": [OLD, NEW],
    "rotated": [NEW, OLD],
    "removed": [NEW],
}

#: The steps that processes are at together, while one of them is deployed.
TOGETHER = [("before", "announced"), ("announced", "rotated"), ("rotated", "removed")]

_process = threading.local()


@contextmanager
def process_at(step):
    """What this thread names is named as by a process with these keys."""
    _process.keys = STEPS[step]
    try:
        yield
    finally:
        del _process.keys


def in_process_at(step, call):
    """Return a function that calls as a process does which has come to this step."""

    def run():
        with process_at(step):
            return call()

    return run


def give_threads_processes(monkeypatch):
    """Threads have the keys of :func:`process_at`, and other threads those of the settings."""
    of_settings = crypto.secret_keys

    def secret_keys():
        return list(getattr(_process, "keys", None) or of_settings())

    for module in (crypto, keyed_names, password_models):
        monkeypatch.setattr(module, "secret_keys", secret_keys)
