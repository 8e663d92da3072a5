"""W023: tokens and keys that no view of the project accepts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage
from rest_framework.permissions import AllowAny
from rest_framework.settings import api_settings

from authkit.checks.routes import RoutedView, routed_views
from authkit.core.http.header_credentials import HeaderCredentialAuthentication
from authkit.login.views import TokenObtainView

SETTINGS = """REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["authkit.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}"""


def check_authenticators(**kwargs: Any) -> list[CheckMessage]:
    """Return a warning if users can log in, and no view could tell who they are."""
    views = list(routed_views())
    if not any(_is_log_in(view) for view in views) or credentials_accepted_by(views):
        return []
    return [
        checks.Warning(
            "Users can log in, and no view of yours accepts their tokens: the authenticators of "
            f"authkit are named nowhere{_open_to_all()}.",
            hint=f"Write {SETTINGS}",
            id="authkit.W023",
        )
    ]


def credentials_accepted_by(
    views: Iterable[RoutedView],
) -> set[type[HeaderCredentialAuthentication]]:
    """Return the authenticators of authkit in the defaults, and of each view that is not ours."""
    named: list[Any] = [api_settings.DEFAULT_AUTHENTICATION_CLASSES]
    named += [
        view.attribute("authentication_classes")
        for view in views
        if not view.path.startswith("authkit.")
    ]
    return {
        one
        for authenticators in named
        if isinstance(authenticators, list | tuple)
        for one in authenticators
        if isinstance(one, type) and issubclass(one, HeaderCredentialAuthentication)
    }


def _is_log_in(view: RoutedView) -> bool:
    return issubclass(view.cls, TokenObtainView)


def _open_to_all() -> str:
    permissions: Any = api_settings.DEFAULT_PERMISSION_CLASSES
    is_open = AllowAny in permissions
    return ", and the default permission admits every client" if is_open else ""
