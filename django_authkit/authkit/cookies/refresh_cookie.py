"""The cookie that holds a refresh token (RFC 6265bis)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from authkit.sessions.issue import TokenPair, seconds_until

#: Browsers take a cookie of this prefix from this host alone, over HTTPS and for every path: no
#: other subdomain, and no page over plain HTTP, can plant one (cookie tossing).
NAME = "__Host-authkit"

#: Its name in development, where DEBUG is on and there is no HTTPS.
DEVELOPMENT_NAME = "authkit"


def refresh_token_in(request: HttpRequest) -> str | None:
    """Return the refresh token that the browser keeps, valid or not."""
    return request.COOKIES.get(_name_in(request))


def keep(response: HttpResponseBase, request: HttpRequest, pair: TokenPair) -> None:
    """Make the browser keep a refresh token as long as it can be used."""
    name = _name_in(request)
    response.set_cookie(
        name,
        pair.refresh,
        max_age=seconds_until(pair.session.idle_expires_at),
        secure=name == NAME,
        **_ATTRIBUTES,
    )


def forget(response: HttpResponseBase, request: HttpRequest) -> None:
    response.delete_cookie(_name_in(request), samesite="Strict")


_ATTRIBUTES: Any = {"path": "/", "httponly": True, "samesite": "Strict"}


def _name_in(request: HttpRequest) -> str:
    # Without DEBUG it is always the one that needs HTTPS, which a proxy may end before us.
    return DEVELOPMENT_NAME if settings.DEBUG and not request.is_secure() else NAME
