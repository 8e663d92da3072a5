"""The response headers of a page, whatever the middleware of the project sets."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpResponseBase
from django.templatetags.static import static


def harden(response: HttpResponseBase) -> None:
    """Set the headers of a page: no inline code, no frames, no cache, no referrer elsewhere.

    Django's ``ContentSecurityPolicyMiddleware`` and ``XFrameOptionsMiddleware`` leave headers alone
    that a view has set.
    """
    response.headers["Content-Security-Policy"] = content_security_policy()
    # Back and reload after a log-out must not find a page in the cache (ASVS 14.3.2).
    response.headers["Cache-Control"] = "no-store"
    # A policy of no-referrer would make browsers send "Origin: null" with some requests.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"


def content_security_policy() -> str:
    """Return the policy: what is not allowed here is not loaded, scripts in the page included."""
    files = " ".join(["'self'", *_origin_of_static_files()])
    directives = {
        "default-src": "'none'",
        "script-src": files,
        "style-src": files,
        "img-src": f"{files} data:",
        "font-src": files,
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _origin_of_static_files() -> list[str]:
    """Return the origin of STATIC_URL where the project serves static files from another one."""
    url = urlsplit(static("authkit/parts/base.css"))
    return [f"{url.scheme or 'https'}://{url.netloc}"] if url.netloc else []
