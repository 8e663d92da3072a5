"""Ways into a project that do not ask for the second factor, named by ``check --deploy``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string
from django_otp.admin import OTPAdminSite
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.settings import api_settings

from authkit.second_factor.admin_site import SecondFactorAdminSite

#: Views of well-known packages that give out a token for a password alone.
TOKEN_VIEWS = (
    "dj_rest_auth.views.LoginView",
    "djoser.views.TokenCreateView",
    "knox.views.LoginView",
    "rest_framework.authtoken.views.ObtainAuthToken",
    "rest_framework_simplejwt.views.TokenObtainPairView",
    "rest_framework_simplejwt.views.TokenObtainSlidingView",
)

#: The middleware that tells whether a session has passed django-otp's factor.
OTP_MIDDLEWARE = "django_otp.middleware.OTPMiddleware"


def check_doors(**kwargs: Any) -> list[CheckMessage]:
    """Return one warning for each door that lets people in by password alone."""
    callbacks = list(_callbacks(get_resolver().url_patterns))
    return [*_admin_sites(callbacks), *_authenticators(), *_token_views(callbacks)]


def _callbacks(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _callbacks(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def _admin_sites(callbacks: list[tuple[str, Any]]) -> Iterator[CheckMessage]:
    sites = {site for _, callback in callbacks if (site := getattr(callback, "admin_site", None))}
    for site in sorted(sites, key=lambda site: str(site.name)):
        asks = isinstance(site, OTPAdminSite | SecondFactorAdminSite)
        if asks and OTP_MIDDLEWARE in settings.MIDDLEWARE:
            continue
        yield checks.Warning(
            f"The admin site '{site.name}' does not ask for a second factor.",
            hint=(
                "Put 'authkit.second_factor.apps.SecondFactorAdminConfig' into INSTALLED_APPS "
                f"instead of 'django.contrib.admin', and '{OTP_MIDDLEWARE}' after "
                "AuthenticationMiddleware into MIDDLEWARE."
            ),
            id="authkit.W002",
        )


def _authenticators() -> Iterator[CheckMessage]:
    authenticators: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    for authenticator in authenticators:
        if issubclass(authenticator, BasicAuthentication | SessionAuthentication):
            name = f"{authenticator.__module__}.{authenticator.__qualname__}"
            yield checks.Warning(
                f"{name}, in DEFAULT_AUTHENTICATION_CLASSES, does not ask for a second factor.",
                hint=(
                    "Remove it, or put it only on views that you mean to open by password or "
                    "cookie alone."
                ),
                id="authkit.W003",
            )


def _token_views(callbacks: list[tuple[str, Any]]) -> Iterator[CheckMessage]:
    known = tuple(filter(None, map(_importable, TOKEN_VIEWS)))
    for route, callback in callbacks:
        view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, known):
            yield checks.Warning(
                f"'{route}' ({view.__module__}.{view.__qualname__}) gives out tokens without "
                "asking for a second factor.",
                hint="Remove the route: authkit's token/ takes its place.",
                id="authkit.W004",
            )


def _importable(path: str) -> type | None:
    try:
        view: type = import_string(path)
    except (ImportError, RuntimeError, ImproperlyConfigured):
        return None  # not installed, or not in INSTALLED_APPS: then nothing routes to it
    return view
