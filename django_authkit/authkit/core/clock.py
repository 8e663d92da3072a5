"""The only place that reads the clock, so that a test can set the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """Return the present time: aware, or naive where the project has ``USE_TZ = False``."""
    return timezone.now()


def at(timestamp: float) -> datetime:
    """Return the time of a POSIX timestamp in seconds, aware or naive as :func:`now`.

    :raises OverflowError: it is outside of the range of ``datetime``.
    """
    moment = EPOCH + timedelta(seconds=timestamp)
    if settings.USE_TZ:
        return moment
    return timezone.make_naive(moment, timezone.get_default_timezone())
