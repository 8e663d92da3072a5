from __future__ import annotations

import logging
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from authkit.core.db.outages import outages_as_503
from authkit.core.http.client import client_of
from authkit.core.http.header_credentials import is_key
from authkit.core.limits.cached import counter_of
from authkit.core.limits.rates import Rate, parse

logger = logging.getLogger("authkit.tiers")


class RateThrottle(BaseThrottle):
    """Base of the rate limits. Refuses with 429 ``throttled`` and ``Retry-After`` in seconds.

    While neither the cache nor the database counts, the answer is 503 (fail closed).

    A tier of your own has a ``scope``, and ``applies_to`` selects its requests. Its rate is
    that of its scope in ``REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]``, such as ``"60/min"``, or its
    attribute ``rate``; None is no limit.
    """

    scope: str | None = None
    rate: str | None = None
    #: The name in CACHES of the cache that counts.
    cache_alias = "default"

    def __init__(self) -> None:
        self.seconds_left = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        with outages_as_503():  # applies_to() of a project may ask the database, too
            rate = self.get_rate() if self.applies_to(request) else None
            client = None if rate is None else counted_as(request)
            if rate is None or client is None:
                return True
            self.seconds_left = counter_of(self.cache_alias).take(f"{self.scope}:{client}", rate)
        return not self.seconds_left

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
            return None if rate is None else parse(rate)
        except (TypeError, ValueError):
            raise ImproperlyConfigured(
                f"The rate {rate!r} of '{self.scope}' cannot be read: write it like '60/min'."
            ) from None

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
