"""The only place that reads the clock, so that a test can set the time.

The clocks of servers differ (clock skew). A stored moment may have been written by another server,
so its age is asked of :func:`age_of`.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from authkit.core.counted_log import log_counted

logger = logging.getLogger("authkit.clock")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: How far the clocks of the servers of a deployment may differ (RFC 7519 section 4.1.4).
MAX_SKEW = timedelta(seconds=60)

_NO_TIME = timedelta(0)

AHEAD = (
    "A moment in the database or in a token is more than 60 s in the future. "
    "The clocks of the servers differ: synchronize them (NTP)."
)


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


def latest() -> datetime:
    """Return the latest moment that it may be now on another server."""
    return now() + MAX_SKEW


def earliest() -> datetime:
    """Return the earliest moment that it may be now on another server."""
    return now() - MAX_SKEW


def age_of(moment: datetime, at: datetime | None = None) -> timedelta:
    """Return how long ago a moment was: zero where clock skew explains that it is in the future.

    One further ahead says nothing about its age. It counts as infinitely old, so that it keeps no
    grace open and no limit closed.

    :param at: the present time, where a caller has asked for it already.
    """
    age = (at or now()) - moment
    if age < -MAX_SKEW:
        log_counted(logger, logging.ERROR, AHEAD)
        return timedelta.max
    return max(age, _NO_TIME)


def is_ahead(moment: datetime | float) -> bool:
    """Say whether a moment or POSIX timestamp is further ahead than clock skew explains.

    The log says so, too.
    """
    ahead = moment > latest() if isinstance(moment, datetime) else moment > latest().timestamp()
    if ahead:
        log_counted(logger, logging.ERROR, AHEAD)
    return ahead
