"""Which sites a request of a browser may come from. Knows Django's requests alone."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.http import is_same_domain


def is_this_site(request: HttpRequest, origin: str) -> bool:
    """Say whether an ``Origin`` (RFC 6454 section 7) is that of the URL of the request."""
    try:
        return origin == f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:  # DNS rebinding: the site of the attacker has our address
        return False


def is_listed(origin: str, patterns: Iterable[str]) -> bool:
    """Say whether an ``Origin`` is one of a list in the form of ``CSRF_TRUSTED_ORIGINS``."""
    return any(_matches(origin, one) for one in patterns)


def _matches(origin: str, pattern: str) -> bool:
    try:
        found, listed = urlsplit(origin), urlsplit(pattern)
    except ValueError:
        return False
    is_whole = origin == f"{found.scheme}://{found.netloc}"
    return (
        is_whole
        and found.scheme == listed.scheme
        and is_same_domain(found.netloc, listed.netloc.removeprefix("*"))
    )
