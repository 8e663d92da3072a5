"""The only place that asks what time it is, so that a test can set it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """Return the present: aware, or naive where the project has ``USE_TZ = False``."""
    return timezone.now()


def at(timestamp: float) -> datetime:
    """Return the moment of a POSIX timestamp in seconds, aware or naive as :func:`now`.

    :raises OverflowError: calendars end before.
    """
    moment = EPOCH + timedelta(seconds=timestamp)
    if settings.USE_TZ:
        return moment
    return timezone.make_naive(moment, timezone.get_default_timezone())
