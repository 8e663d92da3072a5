"""E019: times without a time zone, in a zone with summer time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from authkit.core import clock

#: How far ahead changes are looked for. Zones with summer time have two in each year.
HORIZON = timedelta(days=2 * 366)


def check_time_zone(**kwargs: Any) -> list[CheckMessage]:
    """Times of the hour that comes twice are ambiguous where they are stored without a zone."""
    zone = settings.TIME_ZONE
    if settings.USE_TZ or not zone or not _changes(zone):
        return []
    return [
        checks.Error(
            f"USE_TZ is False, and {zone} has summer time: in the hour "
            "that comes twice, sessions and limits go wrong.",
            hint="Set USE_TZ = True, or TIME_ZONE to one without summer time, such as 'UTC'.",
            id="authkit.E019",
        )
    ]


def _changes(zone: str) -> bool:
    """Say whether the offset of a zone from UTC changes until the horizon."""
    present = clock.now().replace(tzinfo=ZoneInfo(zone))
    days = (present + timedelta(day) for day in range(HORIZON.days))
    return any(one.utcoffset() != other.utcoffset() for one, other in pairwise(days))
