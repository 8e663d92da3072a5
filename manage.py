#!/usr/bin/env python
"""Runs the commands of the example project, `demo` and `selftest` among them."""

import os
import sys
from importlib.util import find_spec

# `django_authkit/` is left off sys.path on purpose: what runs here is the authkit that is
# installed, so the same file tests a checkout and a built wheel.
NEEDED = (
    "django",
    "rest_framework",
    "drf_spectacular_sidecar",
    "uvicorn",
    "httpx",
    "channels",
    "authkit",
)


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_project.settings")
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        sys.exit(f"Not installed here: {', '.join(missing)}. `make demo` sets everything up.")

    # Only now: a plain import at the top would be a traceback where Django is missing.
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
