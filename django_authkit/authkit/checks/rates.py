"""E013, W009, W010: rate limits of views, and the caches that enforce them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from rest_framework.settings import api_settings
from rest_framework.throttling import ScopedRateThrottle, SimpleRateThrottle

from authkit.checks.project.routes import path_of, routed_views
from authkit.core.limits.cached import adds
from authkit.core.limits.models import RequestCount
from authkit.throttling import RateThrottle, ScopedThrottle


@dataclass(frozen=True)
class Use:
    """A throttle class with the scope that its view sets."""

    throttle: type
    scope: str | None

    @property
    def is_ours(self) -> bool:
        return issubclass(self.throttle, RateThrottle)


def check_rates(**kwargs: Any) -> list[CheckMessage]:
    """Return one error for each rate that is missing, cannot be read, or lets nothing through."""
    wrong = dict.fromkeys(filter(None, map(_problem_of, _throttles())))
    return [
        Error(
            sentence,
            hint="Write a number and a period: '60/min', '1000/hour'. None is no limit.",
            id="authkit.E013",
        )
        for sentence in wrong
    ]


def check_counting(**kwargs: Any) -> list[CheckMessage]:
    """Return one warning for each cache in which rate limits are not enforced exactly."""
    return [*_caches_of_one_process(), *_caches_that_do_not_count()]


def _throttles() -> list[Use]:
    """Return every throttle of the defaults and of the views, without duplicates."""
    found: dict[Use, None] = {}
    defaults: Any = api_settings.DEFAULT_THROTTLE_CLASSES
    for throttle in defaults:
        found[Use(throttle, getattr(throttle, "scope", None))] = None
    for view in routed_views():
        for throttle in view.attribute("throttle_classes") or ():
            if isinstance(throttle, type):
                scope = getattr(throttle, "scope", None)
                if issubclass(throttle, ScopedThrottle | ScopedRateThrottle):
                    scope = view.attribute(getattr(throttle, "scope_attr", "throttle_scope"))
                found[Use(throttle, scope)] = None
    return list(found)


def _problem_of(use: Use) -> str | None:
    if use.scope is None and not getattr(use.throttle, "rate", None):
        return None
    if use.is_ours:
        return _problem_of_ours(use)
    return _problem_of_theirs(use) if issubclass(use.throttle, SimpleRateThrottle) else None


def _problem_of_ours(use: Use) -> str | None:
    throttle: RateThrottle = use.throttle()
    throttle.scope = use.scope
    if throttle.cache_alias not in settings.CACHES:
        return (
            f"{use.throttle.__name__} counts in CACHES['{throttle.cache_alias}'], which does "
            "not exist."
        )
    try:
        rate = throttle.get_rate()
    except ImproperlyConfigured as error:
        return str(error)
    lets_none = rate is not None and not rate.number
    return f"The rate of '{use.scope}' is 0: no request is let through." if lets_none else None


def _problem_of_theirs(use: Use) -> str | None:
    try:
        throttle: Any = use.throttle()  # most read their rate here
        throttle.scope = use.scope
        throttle.parse_rate(getattr(throttle, "rate", None) or throttle.get_rate())
    except Exception as error:  # ValueError, KeyError, ImproperlyConfigured, AttributeError
        return (
            f"The rate of '{use.scope}' cannot be read by {path_of(use.throttle)}: {error!r}; "
            "requests are answered 500."
        )
    return None


def _caches_of_one_process() -> Iterator[CheckMessage]:
    for alias in _aliases(ours=True, theirs=True):
        if isinstance(caches[alias], LocMemCache):
            yield checks.Warning(
                f"Requests are counted in CACHES['{alias}'], which is LocMem: each process counts "
                "for itself.",
                hint=(
                    "Set its BACKEND to 'django.core.cache.backends.redis.RedisCache'. If there is "
                    "one process only, put 'authkit.W009' into SILENCED_SYSTEM_CHECKS."
                ),
                id="authkit.W009",
            )


def _caches_that_do_not_count() -> Iterator[CheckMessage]:
    for alias in _aliases(ours=False, theirs=True):
        if isinstance(caches[alias], DummyCache):
            yield _not_counted(
                f"Django REST Framework's throttles count in CACHES['{alias}'], which keeps "
                "nothing: there is no limit.",
                "Use the throttles of authkit.throttling, or set a BACKEND that keeps values.",
            )
    for alias in _aliases(ours=True, theirs=False):
        if not adds(caches[alias]) and _rolls_counts_back():
            yield _not_counted(
                f"CACHES['{alias}'] cannot count, and under ATOMIC_REQUESTS a refused "
                "request rolls back its count in SQLite.",
                "Set its BACKEND to 'django.core.cache.backends.redis.RedisCache'.",
            )


def _rolls_counts_back() -> bool:
    """Say whether a count is part of the request's transaction, as on SQLite."""
    database = connections[router.db_for_write(RequestCount)]
    return database.vendor == "sqlite" and bool(database.settings_dict["ATOMIC_REQUESTS"])


def _not_counted(sentence: str, hint: str) -> CheckMessage:
    return checks.Warning(sentence, hint=hint, id="authkit.W010")


def _aliases(*, ours: bool, theirs: bool) -> list[str]:
    """Return the aliases of the caches that the throttles of authkit, of others or both use."""
    found = {
        getattr(use.throttle, "cache_alias", "default")
        for use in _throttles()
        if (ours and use.is_ours) or (theirs and issubclass(use.throttle, SimpleRateThrottle))
    }
    return sorted(found.intersection(settings.CACHES))
