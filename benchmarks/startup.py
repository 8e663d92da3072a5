"""The processor time that ``authkit`` adds to ``django.setup()``, in fresh processes."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median

NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE"}

_CHILD = """
import sys
from time import process_time_ns
import cryptography.hazmat.primitives.ciphers.aead  # a library, as the apps below are
import cryptography.hazmat.primitives.kdf.hkdf
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 64,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.messages", "django.contrib.sessions", "rest_framework",
        "rest_framework_api_key", "django_otp", "drf_spectacular", *sys.argv[1:],
    ],
)
start = process_time_ns()
django.setup()
print((process_time_ns() - start) / 1e6)
"""


def added_milliseconds(processes: int) -> tuple[float, float, float]:
    """Return the medians without and with authkit, and the median of the differences.

    The two of a pair run one after the other, so a busy minute of the machine hits both.
    """
    pairs = [(_milliseconds(), _milliseconds("authkit")) for _ in range(processes + 1)]
    del pairs[0]  # it writes the .pyc files
    without, with_authkit = ([pair[side] for pair in pairs] for side in (0, 1))
    differences = [second - first for first, second in pairs]
    return median(without), median(with_authkit), median(differences)


def _milliseconds(*further_apps: str) -> float:
    # A package that has been installed has its .pyc files.
    environment = {name: each for name, each in os.environ.items() if name not in NO_BYTECODE}
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, *further_apps],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(child.stdout)
