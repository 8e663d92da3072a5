"""Cross-site WebSocket hijacking: which sites may open a connection (RFC 6455 section 10.2)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.utils.http import is_same_domain
from django.utils.translation import gettext_lazy as _

from authkit.errors import Forbidden
from authkit.realtime.handshake import Handshake


class OriginRefused(Forbidden):
    """A page of another site tries to open a connection."""

    default_detail = _("Connections from this site are not allowed.")
    default_code = "origin_refused"


def check_origin(handshake: Handshake, allowed: Sequence[str] | None) -> None:
    """Return if the site that opens a connection is this one, or in the list.

    A client that sends no ``Origin`` is no browser.

    :param allowed: origins such as ``https://app.example.com`` or ``https://*.example.com``; None
        for ``CSRF_TRUSTED_ORIGINS``.
    :raises OriginRefused: it is another.
    """
    origin = handshake.META.get("HTTP_ORIGIN")
    if origin is None or _is_this_site(handshake, origin):
        return
    listed = settings.CSRF_TRUSTED_ORIGINS if allowed is None else allowed
    if not any(_matches(origin, one) for one in listed):
        raise OriginRefused


def _is_this_site(handshake: Handshake, origin: str) -> bool:
    try:
        return origin == f"{handshake.scheme}://{handshake.get_host()}"
    except DisallowedHost:  # DNS rebinding: the site of the attacker has our address
        return False


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
