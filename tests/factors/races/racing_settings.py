"""The settings of the tests, for a process of its own: the same database, another connection.

AUTHKIT_TEST_NAME       the database that the tests have made
AUTHKIT_TEST_ISOLATION  the isolation level
"""

import os

from tests.database.isolation import options
from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["AUTHKIT_TEST_NAME"]
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | options(
    os.environ["AUTHKIT_TEST_ISOLATION"], DATABASES["default"]["ENGINE"].rpartition(".")[2]
)
