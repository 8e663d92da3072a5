"""The settings of the tests, for a server of its own process.

AUTHKIT_TEST_NAME   the database that the tests have made
"""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["AUTHKIT_TEST_NAME"]
ALLOWED_HOSTS = ["127.0.0.1"]
LOGGING_CONFIG = None
