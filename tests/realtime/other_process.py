"""The settings of a server in a process of its own: SQLite in a file, and a channel layer."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"] |= {
        "NAME": os.environ["AUTHKIT_TEST_FILE"],
        "OPTIONS": {"timeout": 30, "init_command": "PRAGMA journal_mode=WAL;"},
    }
else:
    DATABASES["default"]["NAME"] = os.environ["AUTHKIT_TEST_NAME"]

if url := os.environ.get("AUTHKIT_TEST_LAYER"):
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [url], "prefix": os.environ["AUTHKIT_TEST_PREFIX"]},
        }
    }
