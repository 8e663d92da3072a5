"""Rate limits in a cache, which concurrent requests cannot exceed.

A cache counts where its increment is atomic: Redis, Memcached, and LocMem within one process.
Others (the database cache, files) read a number and write another (race condition). Instead of
those, and of a cache that is down, a row counts by one conditional UPDATE (compare-and-set).

A cache that was emptied has forgotten what it let in. It holds a mark of when that was, and counts
once its mark is older than the period; until then the row does. So no period touches the counts of
a cache before and after, and at most twice the rate passes, however often it is restarted.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache, partial
from math import ceil
from typing import Any

from django.core.cache import BaseCache
from django.core.cache.backends.locmem import LocMemCache

from authkit.core import clock
from authkit.core.cache import FallibleCache
from authkit.core.db.apart import apart_from_request
from authkit.core.db.outages import outages_as_503
from authkit.core.keyed_names import keyed_names
from authkit.core.limits.models import RequestCount
from authkit.core.limits.rates import Rate

#: Into how many steps a period is divided in a cache. It holds one counter for each.
STEPS = 12

#: The key of the mark: the POSIX timestamp since when the cache has forgotten nothing.
MARK = "authkit.tiers.since"

#: By how many seconds the clocks of servers may differ.
SKEW = 60


class Counter:
    """Counts requests in one cache, or in the database where the cache cannot count."""

    def __init__(self, alias: str) -> None:
        self.cache = FallibleCache(alias)

    def take(self, client: str, rate: Rate) -> int:
        """Count one request; return 0 if it is within the rate, and else the seconds to wait.

        The rate holds over every period of its length. In a cache, a request counts until the
        step that it was made in is wholly over, so for up to a twelfth of the period longer.

        :raises ServiceUnavailable: neither cache nor database answers (fail closed).
        """
        now = clock.now().timestamp()
        seconds = int(rate.period.total_seconds())
        names = keyed_names("authkit.tiers", f"{client}:{seconds}")
        free_at = self.cache.ask(
            partial(_count, names=names, now=now, limit=rate.number, seconds=seconds)
        )
        if free_at is None:
            return _in_database(names, rate)
        return max(1, ceil(free_at * seconds / STEPS - now)) if free_at else 0


@lru_cache(maxsize=16)
def counter_of(alias: str) -> Counter:
    return Counter(alias)


def adds(cache: BaseCache) -> bool:
    """Say whether the increment of a cache is atomic: the default of Django's backends is not."""
    return type(cache).incr is not BaseCache.incr


def _count(
    cache: BaseCache, names: Sequence[str], now: float, limit: int, seconds: int
) -> int | None:
    """Count one request in its step; return 0 if it is within the limit, else the step to wait for.

    None where the cache cannot count, or has been emptied within the period. Any period touches
    the present step and as many before it as there are in a period, so the sum of all of them
    decides. Concurrent requests each get a number of their own from the increment.

    :param names: those of the client. It is counted by the first, and has been by any of them.
    """
    if not adds(cache):
        return None
    step = int(now * STEPS / seconds)
    # The next one as well: a request may be late, or the clock of another server ahead.
    others = {
        f"authkit.tiers.{name}.{step - back}": step - back
        for name in names
        for back in range(-1, STEPS + 1)
    }
    key = f"authkit.tiers.{names[0]}.{step}"
    del others[key]
    # A minute longer, since the clocks of servers differ.
    number = _increment(cache, key, seconds + ceil(seconds / STEPS) + SKEW)
    found = cache.get_many([*others, MARK])
    if not _remembers(cache, found.pop(MARK, None), now, seconds):
        _take_back(cache, key)
        return None
    if number + sum(found.values()) <= limit:
        return 0
    _take_back(cache, key)
    return min([others[other] for other, taken in found.items() if taken], default=step) + STEPS + 1


def _remembers(cache: BaseCache, mark: Any, now: float, seconds: int) -> bool:
    """Say whether a cache has all counts of the last period, by its mark; set a missing one."""
    if isinstance(cache, LocMemCache):  # it lives as long as what counts in it
        return True
    if mark is None:
        cache.add(MARK, now, None)
        return False
    return bool(now - mark >= seconds + SKEW)


def _increment(cache: BaseCache, key: str, seconds: int) -> int:
    try:
        return int(cache.incr(key))
    except ValueError:
        if cache.add(key, 1, seconds):
            return 1
        return int(cache.incr(key))


def _take_back(cache: BaseCache, key: str) -> None:
    with suppress(ValueError):  # the cache has dropped it
        cache.decr(key)


def _in_database(names: Sequence[str], rate: Rate) -> int:
    name, *earlier = names
    with outages_as_503(), apart_from_request(RequestCount):
        return RequestCount.objects.take(name, rate, earlier=earlier)
