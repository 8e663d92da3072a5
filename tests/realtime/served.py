"""What uvicorn serves in a process of its own: Django is set up before consumers are imported."""

import os

import django

django.setup()

from authkit.connections import watcher  # noqa: E402

from tests.realtime.application import application  # noqa: E402

if seconds := os.environ.get("AUTHKIT_TEST_INTERVAL"):
    watcher.INTERVAL_SECONDS = float(seconds)

__all__ = ["application"]
