"""Counting requests so that any number of them at once stays within the rate.

A cache counts where it adds in one step: Redis, Memcached, and LocMem within one process.
Others (the database cache, files) read a number and write another, and lose what came
between. There, and while the cache is down, a row of ours is counted on by one conditional
UPDATE.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import lru_cache
from math import ceil
from typing import Any

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.core.cache.backends.redis import RedisCache
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from authkit.core import clock
from authkit.core.database import is_outage
from authkit.core.rates import Rate
from authkit.core.request_counts import RequestCount
from authkit.errors import ServiceUnavailable

logger = logging.getLogger("authkit.tiers")

#: How many seconds Redis is waited for, unless the project's OPTIONS say how long.
CACHE_TIMEOUT = 0.1

#: For how many seconds a cache that has failed is left alone.
CACHE_PAUSE = 5.0


class Counter:
    """Counts requests in one cache, and in the database where that cannot."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.paused_until = 0.0

    def take(self, client: str, rate: Rate) -> int:
        """Count one request; return 0 if it is within the rate, and else the seconds to wait.

        Windows are fixed, and the same for everybody: a minute of the clock, a day of UTC.

        :raises ServiceUnavailable: neither the cache nor the database answers.
        """
        now = clock.now()
        seconds = int(rate.period.total_seconds())
        end = (int(now.timestamp()) // seconds + 1) * seconds
        name = salted_hmac("authkit.tiers", f"{client}:{seconds}", algorithm="sha256").hexdigest()
        taken = self._in_cache(name, end, seconds)
        if taken is not None:
            allowed = taken <= rate.number
        else:
            allowed = _in_database(name, rate.number, datetime.fromtimestamp(end, now.tzinfo))
        return 0 if allowed else max(1, ceil(end - now.timestamp()))

    def _in_cache(self, name: str, end: int, seconds: int) -> int | None:
        if time.monotonic() < self.paused_until:
            return None
        try:
            cache = cache_of(self.alias)
            # A minute more, for servers whose clocks differ.
            return _add(cache, f"authkit.tiers.{name}.{end}", seconds + 60) if adds(cache) else None
        except Exception as error:  # each backend has errors of its own
            self.paused_until = time.monotonic() + CACHE_PAUSE
            logger.warning(
                "The cache %r failed; requests are counted in the database.",
                self.alias,
                exc_info=error,
            )
            return None


@lru_cache(maxsize=16)
def counter_of(alias: str) -> Counter:
    return Counter(alias)


def adds(cache: BaseCache) -> bool:
    """Say whether a cache adds in one step: the default of Django's backends does not."""
    return type(cache).incr is not BaseCache.incr


def cache_of(alias: str) -> BaseCache:
    """Return the cache of this alias; for Redis one that does not wait long for an answer."""
    return _impatient(alias, repr(settings.CACHES[alias])) or caches[alias]


@lru_cache(maxsize=16)
def _impatient(alias: str, configured: str) -> BaseCache | None:
    parameters: dict[str, Any] = dict(settings.CACHES[alias])
    backend = import_string(parameters.pop("BACKEND"))
    if not issubclass(backend, RedisCache):
        return None
    patience = {"socket_timeout": CACHE_TIMEOUT, "socket_connect_timeout": CACHE_TIMEOUT}
    parameters["OPTIONS"] = {**patience, **parameters.get("OPTIONS", {})}
    # Its pool of connections is safe between threads, so that one for all of them will do.
    cache: BaseCache = backend(parameters.pop("LOCATION", ""), parameters)
    return cache


def _add(cache: BaseCache, key: str, seconds: int) -> int:
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
