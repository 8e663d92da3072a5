"""The caches of a project, which may be slow or down."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.core.cache.backends.redis import RedisCache
from django.utils.module_loading import import_string

from authkit.core.counted_log import log_counted

logger = logging.getLogger("authkit.cache")

T = TypeVar("T")

#: The timeout for Redis in seconds, unless the project's OPTIONS have one.
CACHE_TIMEOUT = 0.1

#: For how many seconds a cache that has failed is not asked.
CACHE_PAUSE = 5.0


class FallibleCache:
    """A cache whose answers the database has too, so that an outage of it is no failure."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.paused_until = 0.0

    def ask(self, question: Callable[[BaseCache], T], *, insist: bool = False) -> T | None:
        """Return the answer, or None where the cache fails.

        :param insist: ask it also if it has just failed.
        """
        if time.monotonic() < self.paused_until and not insist:
            return None
        try:
            return question(cache_of(self.alias))
        except Exception as error:  # each backend has errors of its own
            self.paused_until = time.monotonic() + CACHE_PAUSE
            sentence = f"The cache {self.alias!r} failed; the database takes its place."
            log_counted(logger, logging.WARNING, sentence, error)
            return None


def cache_of(alias: str) -> BaseCache:
    """Return the cache of this alias; for Redis one with a short timeout."""
    return _with_timeout(alias, repr(settings.CACHES[alias])) or caches[alias]


@lru_cache(maxsize=16)
def _with_timeout(alias: str, configured: str) -> BaseCache | None:
    parameters: dict[str, Any] = dict(settings.CACHES[alias])
    backend = import_string(parameters.pop("BACKEND"))
    if not issubclass(backend, RedisCache):
        return None
    timeouts = {"socket_timeout": CACHE_TIMEOUT, "socket_connect_timeout": CACHE_TIMEOUT}
    parameters["OPTIONS"] = {**timeouts, **parameters.get("OPTIONS", {})}
    # Its connection pool is thread-safe, so that all threads share one.
    cache: BaseCache = backend(parameters.pop("LOCATION", ""), parameters)
    return cache
