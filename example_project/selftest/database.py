"""A database of its own for one run, gone when the run is over."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection


@contextmanager
def fresh_database():
    """Create, migrate and finally drop a database beside the configured one."""
    before = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory() as folder:
        connection.settings_dict["TEST"]["NAME"] = _name(folder)
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


@contextmanager
def debug_off():
    """As in production: what is true only under DEBUG is not true."""
    before, settings.DEBUG = settings.DEBUG, False
    try:
        yield
    finally:
        settings.DEBUG = before


def _name(folder):
    if connection.vendor == "sqlite":
        # A file, since the threads of the server would not share a database in memory.
        return str(Path(folder) / "selftest.sqlite3")
    # Two runs on one server do not meet.
    return f"authkit_selftest_{os.getpid()}"
