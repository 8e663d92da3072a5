"""E028, W028, W029: what other settings of the project do to the cookie form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from authkit.checks.project.routes import routed_views
from authkit.cookies.refresh_cookie import DEVELOPMENT_NAME, NAME
from authkit.cookies.views import CookieView
from authkit.core.http.origins import is_listed

#: Settings of Django that name a cookie of its own.
NAMED = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME")


def check_cookies(**kwargs: Any) -> list[CheckMessage]:
    if not _is_included():
        return []
    return [*_names_that_are_taken(), *_other_origins()]


def check_secure_cookies(**kwargs: Any) -> list[CheckMessage]:
    """Say where ``check --deploy`` finds a server that would send the cookie without Secure."""
    if not _is_included() or not settings.DEBUG:
        return []
    return [
        checks.Warning(
            "DEBUG is on: over plain HTTP the refresh token is kept in a cookie without Secure, "
            "which other subdomains can replace.",
            hint="Write DEBUG = False.",
            id="authkit.W029",
        )
    ]


def _is_included() -> bool:
    return any(issubclass(view.cls, CookieView) for view in routed_views())


def _names_that_are_taken() -> Iterator[CheckMessage]:
    for setting in NAMED:
        name = getattr(settings, setting)
        if name in (NAME, DEVELOPMENT_NAME):
            yield checks.Error(
                f"{setting} is {name!r}, the cookie of the refresh token: each would overwrite "
                "the other.",
                hint=f"Remove {setting}, or choose another name.",
                id="authkit.E028",
            )


def _other_origins() -> Iterator[CheckMessage]:
    if not apps.is_installed("corsheaders"):
        return
    cors = import_string("corsheaders.conf.conf")
    origins = [str(origin) for origin in cors.CORS_ALLOWED_ORIGINS]
    trusted = [one for one in origins if is_listed(one, settings.CSRF_TRUSTED_ORIGINS)]
    untrusted = [one for one in origins if one not in trusted]
    if trusted and not cors.CORS_ALLOW_CREDENTIALS:
        yield _warning(
            f"Pages of {' and '.join(trusted)} cannot use the cookie form: CORS_ALLOW_CREDENTIALS "
            "is off, and the browser leaves the cookie out.",
            "Write CORS_ALLOW_CREDENTIALS = True.",
        )
    if untrusted and cors.CORS_ALLOW_CREDENTIALS:
        named = ", ".join(f'"{origin}"' for origin in untrusted)
        yield _warning(
            f"Pages of {' and '.join(untrusted)} may send cookies, and the cookie form refuses "
            "them as forgery: CSRF_TRUSTED_ORIGINS does not list them.",
            f"Add {named} to CSRF_TRUSTED_ORIGINS if these are pages of yours.",
        )


def _warning(message: str, hint: str) -> CheckMessage:
    return checks.Warning(message, hint=hint, id="authkit.W028")
