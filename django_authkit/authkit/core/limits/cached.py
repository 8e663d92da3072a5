"""Rate limits in a cache, which concurrent requests cannot exceed.

A cache counts where its increment is atomic: Redis, Memcached, and LocMem within one process.
Others (the database cache, files) read a number and write another (race condition). Instead of
those, and of a cache that is down, a row counts by one conditional UPDATE (compare-and-set).
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache, partial
from math import ceil

from django.core.cache import BaseCache
from django.utils.crypto import salted_hmac

from authkit.core import clock
from authkit.core.cache import FallibleCache
from authkit.core.db.outages import is_outage
from authkit.core.limits.models import RequestCount
from authkit.core.limits.rates import Rate
from authkit.errors import ServiceUnavailable


class Counter:
    """Counts requests in one cache, or in the database where the cache cannot count."""

    def __init__(self, alias: str) -> None:
        self.cache = FallibleCache(alias)

    def take(self, client: str, rate: Rate) -> int:
        """Count one request; return 0 if it is within the rate, and else the seconds to wait.

        Windows are fixed, and the same for all clients: a minute of the clock, a day of UTC.

        :raises ServiceUnavailable: neither cache nor database answers (fail closed).
        """
        now = clock.now()
        seconds = int(rate.period.total_seconds())
        end = (int(now.timestamp()) // seconds + 1) * seconds
        name = salted_hmac("authkit.tiers", f"{client}:{seconds}", algorithm="sha256").hexdigest()
        # A minute longer, since the clocks of servers differ.
        taken = self.cache.ask(
            partial(_add, key=f"authkit.tiers.{name}.{end}", seconds=seconds + 60)
        )
        if taken is not None:
            allowed = taken <= rate.number
        else:
            allowed = _in_database(name, rate.number, clock.at(end))
        return 0 if allowed else max(1, ceil(end - now.timestamp()))


@lru_cache(maxsize=16)
def counter_of(alias: str) -> Counter:
    return Counter(alias)


def adds(cache: BaseCache) -> bool:
    """Say whether the increment of a cache is atomic: the default of Django's backends is not."""
    return type(cache).incr is not BaseCache.incr


def _add(cache: BaseCache, key: str, seconds: int) -> int | None:
    """Return the count including this request, or None where the cache cannot count."""
    if not adds(cache):
        return None
    try:
        return int(cache.incr(key))
    except ValueError:
        if cache.add(key, 1, seconds):
            return 1
        return int(cache.incr(key))


def _in_database(name: str, limit: int, ends_at: datetime) -> bool:
    try:
        return RequestCount.objects.take(name, limit, ends_at)
    except Exception as error:
        if is_outage(error):
            raise ServiceUnavailable from error
        raise
