"""The only place that asks what time it is, so that a test can set it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Return the present as an aware datetime."""
    return timezone.now()
