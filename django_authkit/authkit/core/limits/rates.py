"""How often a key may be used: ``<number>/<period>``. Arithmetic only."""

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
_RATE = re.compile(r"([1-9][0-9]{0,8})/(s|sec|second|m|min|minute|h|hour|d|day)")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``number`` uses in every ``period``, which begins with the first of them."""

    number: int
    period: timedelta


@lru_cache(maxsize=1024)
def parse(rate: str) -> Rate:
    """Return what ``"1000/hour"`` means.

    >>> parse("1000/hour").period
    datetime.timedelta(seconds=3600)

    :raises ValueError: it means nothing.
    """
    match = _RATE.fullmatch(rate)
    if match is None:
        raise ValueError(f"{rate!r} is no rate")
    return Rate(int(match[1]), PERIODS[match[2][0]])


class Limits(NamedTuple):
    """At most ``per_window`` attempts in ``window``, and ``in_a_row`` before any success."""

    window: timedelta
    per_window: int
    in_a_row: int
