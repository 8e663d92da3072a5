"""The caches of a project, which may be slow or gone."""

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

logger = logging.getLogger("authkit.cache")

T = TypeVar("T")

#: How many seconds Redis is waited for, unless the project's OPTIONS say how long.
CACHE_TIMEOUT = 0.1

#: For how many seconds a cache that has failed is left alone.
CACHE_PAUSE = 5.0


class FallibleCache:
    """A cache that is asked for what the database knows too."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.paused_until = 0.0

    def ask(self, question: Callable[[BaseCache], T], *, insist: bool = False) -> T | None:
        """Return the answer, or None where the cache gives none.

        One that has just failed is not asked, unless somebody insists.
        """
        if time.monotonic() < self.paused_until and not insist:
            return None
        try:
            return question(cache_of(self.alias))
        except Exception as error:  # each backend has errors of its own
            self.paused_until = time.monotonic() + CACHE_PAUSE
            logger.warning(
                "The cache %r failed; the database takes its place.", self.alias, exc_info=error
            )
            return None


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
