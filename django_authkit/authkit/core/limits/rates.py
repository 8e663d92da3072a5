"""Rate limits: ``<number>/<period>``. Arithmetic only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

#: As Django REST Framework spells the rates of its throttles.
PERIODS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_RATE = re.compile(r"(0|[1-9][0-9]{0,8})/(s|sec|second|m|min|minute|h|hour|d|day)")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``number`` uses in each window of ``period``."""

    number: int
    period: timedelta


@lru_cache(maxsize=1024)
def parse(rate: str, *, least: int = 1) -> Rate:
    """Return the rate of a text such as ``"1000/hour"``.

    >>> parse("1000/hour").period
    datetime.timedelta(seconds=3600)

    :raises ValueError: it is not a rate, or its number is below ``least``.
    """
    match = _RATE.fullmatch(rate)
    if match is None or int(match[1]) < least:
        raise ValueError(f"{rate!r} is no rate")
    return Rate(int(match[1]), PERIODS[match[2][0]])


class Limits(NamedTuple):
    """At most ``per_window`` failures in ``window``; a lockout after ``in_a_row`` failures."""

    window: timedelta
    per_window: int
    in_a_row: int
