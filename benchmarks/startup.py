"""What ``authkit`` in INSTALLED_APPS adds to ``django.setup()``, in fresh processes."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import percentile

_CHILD = """
import sys
from time import perf_counter_ns
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
start = perf_counter_ns()
django.setup()
print((perf_counter_ns() - start) / 1e6)
"""


def added_milliseconds(processes: int) -> tuple[float, float, float]:
    """Return the medians without and with authkit, and their difference."""
    without: list[float] = []
    with_authkit: list[float] = []
    for number in range(processes + 1):
        pair = _milliseconds(), _milliseconds("authkit")
        if number:  # the first pair writes the .pyc files
            without.append(pair[0])
            with_authkit.append(pair[1])
    medians = percentile(sorted(without), 50), percentile(sorted(with_authkit), 50)
    return (*medians, medians[1] - medians[0])


def _milliseconds(*further_apps: str) -> float:
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, *further_apps], capture_output=True, text=True, check=True
    )
    return float(child.stdout)
