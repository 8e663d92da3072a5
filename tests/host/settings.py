"""A project under ATOMIC_REQUESTS, whose own tests are those of ``cases.py``."""

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

ROOT_URLCONF = "tests.host.urls"
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASES["default"].setdefault("TEST", {})["NAME"] = f"{DATABASES['default']['NAME']}_host"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"]["NAME"] = None  # in memory
