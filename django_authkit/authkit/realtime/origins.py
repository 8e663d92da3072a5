"""Cross-site WebSocket hijacking: which sites may open a connection (RFC 6455 section 10.2)."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from authkit.core.http.origins import is_listed, is_this_site
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
    if origin is None or is_this_site(handshake, origin):
        return
    if not is_listed(origin, settings.CSRF_TRUSTED_ORIGINS if allowed is None else allowed):
        raise OriginRefused
