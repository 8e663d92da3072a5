"""When the keys of a ring sign, and until when each is needed (NIST SP 800-57 part 1, 5.3)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise, takewhile
from math import inf
from typing import NamedTuple

from authkit.core import clock
from authkit.signing.keys import SigningKey
from authkit.signing.ring import KeyRing, longest_lifetime


class Period(NamedTuple):
    """From a moment until another, which is not part of it: POSIX timestamps in seconds."""

    start: float
    end: float


def signing_periods(key: SigningKey, ring: KeyRing) -> list[Period]:
    """Return when the key signs: in its own time, where no newer key of the ring does.

    For a key that only verifies these are the periods in which its private half may have signed.
    """
    found: list[Period] = []
    for start, end in _moments_alone(key, _newer_signers(key, ring)):
        if found and found[-1].end == start:
            start = found.pop().start
        found.append(Period(start, end))
    return found


def _newer_signers(key: SigningKey, ring: KeyRing) -> list[SigningKey]:
    newer = takewhile(lambda other: other is not key, ring.keys)
    return [other for other in newer if other.secret is not None]


def _moments_alone(key: SigningKey, newer: list[SigningKey]) -> Iterator[tuple[float, float]]:
    """Yield the intervals, from one change to the next, in which the key is the newest."""
    changes = sorted({moment for one in (key, *newer) for moment in _own_time(one)})
    for start, end in pairwise(changes):
        if _covers(key, start) and not any(_covers(one, start) for one in newer):
            yield start, end


def _own_time(key: SigningKey) -> Period:
    return Period(key.not_before, min(key.expires_at, key.signs_until))


def _covers(key: SigningKey, moment: float) -> bool:
    start, end = _own_time(key)
    return start <= moment < end


def silence(ring: KeyRing) -> float:
    """Return from when on no key signs: now or later, and infinity where one always does."""
    now = clock.now().timestamp()
    ends = sorted(_own_time(key).end for key in ring.keys)
    changes = [now, *(end for end in ends if end > now)]
    return next((moment for moment in changes if not _signs(ring, moment)), inf)


def _signs(ring: KeyRing, moment: float) -> bool:
    return any(key.signs(moment) for key in ring.keys)


def needed_until(end: float) -> float:
    """Return when all tokens of a key have expired that signs until ``end``, on every server."""
    return end + longest_lifetime().total_seconds() + clock.MAX_SKEW.total_seconds()


def in_minutes(timestamp: float) -> datetime:
    """Return the first full minute, in UTC, that is not before a timestamp."""
    minutes = min(math.ceil(timestamp / 60), _LAST_MINUTE)
    return datetime.fromtimestamp(minutes * 60, UTC)


_LAST_MINUTE = int(datetime.max.replace(tzinfo=UTC).timestamp() // 60) - 1


def as_words(timestamp: float) -> str:
    """Return a moment for people, in UTC and to the minute."""
    return f"{in_minutes(timestamp):%Y-%m-%d %H:%M} UTC"
