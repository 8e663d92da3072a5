"""Tells a redirect to the login page from all others."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch

from authkit.schema.views.url_builder import host

REDIRECTS = (301, 302, 303, 307, 308)


def sends_to_login(response: HttpResponse, path: str) -> bool:
    """Tell whether a request for *path* is answered by a redirect to ``LOGIN_URL``.

    So ``login_required`` and its like refuse anonymous callers. A redirect to anywhere else, or of
    the login page to itself, is no refusal. The query is left out: it says where to return to.
    """
    if response.status_code not in REDIRECTS or not response.has_header("Location"):
        return False
    target, login = _address(response["Location"], path), _login_address()
    return target == login and target != _address(path, path)


def _login_address() -> tuple[str, str] | None:
    try:
        return _address(resolve_url(settings.LOGIN_URL), "/") if settings.LOGIN_URL else None
    except NoReverseMatch:  # the name of a view that is not in this URLconf
        return None


def _address(url: str, path: str) -> tuple[str, str]:
    """Return host and path of *url*, which may be relative to *path*."""
    absolute = urlsplit(urljoin(f"https://{host()}{path}", url))
    return absolute.netloc, absolute.path
