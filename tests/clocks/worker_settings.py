"""The settings of the tests, for a process of its own: the same database, another clock.

AUTHKIT_TEST_NAME   the database that the tests have made
AUTHKIT_TEST_SKEW   by how many seconds the clock of the process is ahead, or behind below zero
"""

import os
from datetime import timedelta

from authkit.core import clock

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["AUTHKIT_TEST_NAME"]
AUTHKIT = {"PASSWORD_RESET_URL": "https://app.example/reset#uid={uid}&token={token}"}
ROOT_URLCONF = "tests.clocks.urls"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

_SKEW = timedelta(seconds=float(os.environ["AUTHKIT_TEST_SKEW"]))
_right = clock.now

clock.now = lambda: _right() + _SKEW  # before a model takes it for a default
