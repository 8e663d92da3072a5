"""The settings of the tests, with SQLite in a file: a connection for each thread."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"] |= {
    "NAME": os.environ["AUTHKIT_TEST_FILE"],
    "TEST": {"NAME": os.environ["AUTHKIT_TEST_FILE"]},
    "OPTIONS": {"timeout": 60, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"},
}
