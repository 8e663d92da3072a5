from __future__ import annotations

import logging
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from authkit.core.counted_log import log_counted
from authkit.core.db.outages import outages_as_503
from authkit.core.http.client import client_of
from authkit.core.http.header_credentials import is_key
from authkit.core.limits.cached import counter_of
from authkit.core.limits.rates import Rate, parse
from authkit.errors import ServiceUnavailable

logger = logging.getLogger("authkit.tiers")


class RateThrottle(BaseThrottle):
    """Base of the rate limits. Refuses with 429 ``throttled`` and ``Retry-After`` in seconds.

    While neither the cache nor the database counts, or the settings have no rate that can be read,
    the answer is 503 (fail closed).

    A tier of your own has a ``scope``, and ``applies_to`` selects its requests. Its rate is
    that of its scope in ``REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]``, such as ``"60/min"``, or its
    attribute ``rate``; None is no limit, and a number of 0 lets nothing through, as in DRF.
    """

    scope: str | None = None
    rate: str | None = None
    #: The name in CACHES of the cache that counts.
    cache_alias = "default"

    def __init__(self) -> None:
        self.seconds_left = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        with outages_as_503():  # applies_to() of a project may ask the database, too
            rate = self._rate_or_503() if self.applies_to(request) else None
            self.seconds_left = 0 if rate is None else self._count(request, rate)
        return not self.seconds_left

    def get_ident(self, request: Request) -> str:
        """Return what a request is counted for, ``""`` for nothing.

        REST framework's hook: views where a token in the body says it replace this.
        """
        return counted_as(request) or ""

    def wait(self) -> float | None:
        return self.seconds_left or None

    def applies_to(self, request: Request) -> bool:
        """Say whether a request belongs to this tier."""
        return True

    def get_rate(self) -> Rate | None:
        """Return the rate of the present settings; None is no limit.

        :raises ImproperlyConfigured: they have none, or an invalid one.
        """
        rate = self.rate or self._configured_rate()
        try:
            return None if rate is None else parse(rate, least=0)
        except (TypeError, ValueError):
            raise ImproperlyConfigured(
                f"The rate {rate!r} of '{self.scope}' cannot be read: write it like '60/min'."
            ) from None

    def _rate_or_503(self) -> Rate | None:
        try:
            return self.get_rate()
        except ImproperlyConfigured as error:  # E013
            log_counted(logger, logging.ERROR, "A rate limit is unknown; answered 503.", error)
            raise ServiceUnavailable from error

    def _count(self, request: Request, rate: Rate) -> int:
        """Count a request; return 0 if it is let through, else the seconds to wait."""
        if not rate.number:
            return int(rate.period.total_seconds())
        client = self.get_ident(request)
        if not client:
            return 0
        return counter_of(self.cache_alias).take(f"{self.scope}:{client}", rate)

    def _configured_rate(self) -> str | None:
        try:
            rates: dict[Any, Any] = api_settings.DEFAULT_THROTTLE_RATES
            rate: str | None = rates[self.scope]
        except KeyError:
            raise ImproperlyConfigured(
                f"{type(self).__name__} wants a rate: write "
                f"REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['{self.scope}'] = '60/min', say."
            ) from None
        return rate


class AnonymousThrottle(RateThrottle):
    """For requests without a credential, by client IP; IPv6 by its /64."""

    scope = "anon"

    def applies_to(self, request: Request) -> bool:
        return not _is_known(request)


class UserThrottle(RateThrottle):
    """For users who are logged in and are not staff; all sessions of a user count together."""

    scope = "user"

    def applies_to(self, request: Request) -> bool:
        return _is_known(request) and not is_key(request) and not _is_staff(request)


class APIKeyThrottle(RateThrottle):
    """For API keys, each by itself, with any owner. A key's own rate limit applies as well."""

    scope = "api_key"

    def applies_to(self, request: Request) -> bool:
        return _is_known(request) and is_key(request)


class StaffThrottle(RateThrottle):
    """For users with ``is_staff`` who are logged in."""

    scope = "staff"

    def applies_to(self, request: Request) -> bool:
        return _is_known(request) and not is_key(request) and _is_staff(request)


class ScopedThrottle(RateThrottle):
    """For every client, on views with a ``throttle_scope``, which names the rate.

    Views of one scope share the count.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        self.scope = getattr(view, "throttle_scope", None)
        return self.scope is None or super().allow_request(request, view)


def counted_as(request: Request) -> str | None:
    """Return the key, user or client network that a request is counted for, or None."""
    if _is_known(request):
        # Not the primary key of an API key: in tables of djangorestframework-api-key it
        # contains the hash.
        key: Any = request.auth
        return f"key:{key.prefix}" if is_key(request) else f"user:{request.user.pk}"
    network = client_of(request._request).network
    if network is None:
        warn_of_unknown_ips()
    return None if network is None else f"network:{network}"


@cache
def warn_of_unknown_ips() -> None:
    """Log once in each process that clients without an IP are not limited."""
    logger.warning(
        "A client has no IP, so anonymous requests are not limited. Behind a unix socket, "
        "set AUTHKIT['TRUSTED_PROXIES']."
    )


def _is_known(request: Request) -> bool:
    user: Any = request.user
    return bool(user and user.is_authenticated)


def _is_staff(request: Request) -> bool:
    return bool(getattr(request.user, "is_staff", False))
