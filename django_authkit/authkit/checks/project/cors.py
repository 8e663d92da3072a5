"""W024: what scripts of other origins may not send or read, where django-cors-headers decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from authkit.checks.project.authenticators import credentials_accepted_by
from authkit.checks.project.routes import routed_views
from authkit.cookies import csrf
from authkit.cookies.views import CookieView

SENT = "send {}, which CORS_ALLOW_HEADERS does not name: the browser stops the request"
READ = "read {} of a refusal, which CORS_EXPOSE_HEADERS does not name"

#: The headers of a refusal: what proof is missing, and when to come back.
OF_REFUSALS = ("Retry-After", "WWW-Authenticate")

#: What a star does not allow (Fetch standard, "CORS-unsafe request-header names").
NEVER_MEANT_BY_STAR = "authorization"


def check_cors(**kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each setting of django-cors-headers that lacks what authkit needs."""
    views = list(routed_views())
    accepted = credentials_accepted_by(views)
    headers = {one.header.lower() for one in accepted if not one.query_parameter}
    if any(issubclass(view.cls, CookieView) for view in views) and settings.CSRF_TRUSTED_ORIGINS:
        headers.add(csrf.HEADER.lower())
    if not headers or not apps.is_installed("corsheaders"):
        return []
    return [
        *_warning("CORS_ALLOW_HEADERS", sorted(headers), SENT),
        *_warning("CORS_EXPOSE_HEADERS", OF_REFUSALS, READ),
    ]


def _warning(setting: str, needed: Sequence[str], what: str) -> Iterator[CheckMessage]:
    missing = _missing(import_string("corsheaders.conf.conf"), setting, needed)
    if missing:
        yield checks.Warning(
            f"Scripts of other origins cannot {what.format(' and '.join(missing))}.",
            hint=_hint(setting, missing),
            id="authkit.W024",
        )


def _missing(cors: Any, setting: str, needed: Sequence[str]) -> list[str]:
    listed = getattr(cors, setting)
    if not isinstance(listed, list | tuple | set | frozenset):
        return []  # corsheaders.E001 and E008 report it
    present = {str(name).lower() for name in listed}
    missing = [name for name in needed if name.lower() not in present]
    # Beside cookies (Access-Control-Allow-Credentials) a star is a header of that name.
    if "*" in present and not cors.CORS_ALLOW_CREDENTIALS:
        return [name for name in missing if name == NEVER_MEANT_BY_STAR]
    return missing


def _hint(setting: str, missing: list[str]) -> str:
    names = ", ".join(f'"{name}"' for name in missing)
    if hasattr(settings, setting):
        return f"Add {names} to {setting}."
    if setting == "CORS_ALLOW_HEADERS":
        return (
            f"Write CORS_ALLOW_HEADERS = [*default_headers, {names}], with "
            "'from corsheaders.defaults import default_headers'."
        )
    return f"Write {setting} = [{names}]."
