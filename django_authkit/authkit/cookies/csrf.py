"""Cross-site request forgery, also of log-in and log-out (OWASP CSRF Prevention Cheat Sheet).

The cookie is ``SameSite=Strict``, which keeps other sites out, but not other origins of this site
(a taken-over subdomain), and does not stop a log-in with the attacker's account (login CSRF).
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import UnsupportedMediaType

from authkit.core.http.body.parsers import is_json
from authkit.core.http.client import client_of
from authkit.core.http.origins import is_listed, is_this_site
from authkit.core.http.security_log import note_counted
from authkit.errors import CSRFFailed

#: A page of another origin cannot send it without a preflight (Fetch standard, CORS).
HEADER, VALUE = "X-Authkit", "1"


def check_csrf(request: HttpRequest) -> None:
    """Return if a script of this site, or of ``CSRF_TRUSTED_ORIGINS``, has sent the request.

    :raises CSRFFailed: it has not, or sends no ``X-Authkit: 1``.
    :raises UnsupportedMediaType: the request is not JSON, which no HTML form can send.
    """
    if request.headers.get(HEADER) != VALUE:
        _refuse(request, "header")
    if not _is_allowed(request):
        _refuse(request, "origin")
    content_type = request.META.get("CONTENT_TYPE", "")
    if not is_json(content_type):
        raise UnsupportedMediaType(content_type)


def _is_allowed(request: HttpRequest) -> bool:
    # Browsers write both, and scripts cannot. The first also holds behind a proxy that ends HTTPS
    # and that SECURE_PROXY_SSL_HEADER does not name.
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    origin = request.headers.get("Origin", "")
    return is_this_site(request, origin) or is_listed(origin, settings.CSRF_TRUSTED_ORIGINS)


def _refuse(request: HttpRequest, reason: str) -> None:
    note_counted("csrf_failed", client_of(request), reason=reason)
    raise CSRFFailed
