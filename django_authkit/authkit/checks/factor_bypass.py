"""W002 to W004, W007: ways to bypass the second factor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django_otp.admin import OTPAdminSite
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.settings import api_settings
from rest_framework_simplejwt.authentication import JWTAuthentication as SimpleJWTAuthentication

from authkit.checks.routes import RoutedView, path_of, routed_views
from authkit.factors.admin_site import SecondFactorAdminSite

#: Views of well-known packages that issue a token for a password alone.
TOKEN_VIEWS = {
    "dj_rest_auth.views.LoginView",
    "djoser.social.views.ProviderAuthView",
    "djoser.views.TokenCreateView",
    "knox.views.LoginView",
    "rest_framework.authtoken.views.ObtainAuthToken",
    "rest_framework_simplejwt.views.TokenObtainPairView",
    "rest_framework_simplejwt.views.TokenObtainSlidingView",
}

#: The middleware that sets ``is_verified()``: whether a cookie session has passed OTP.
OTP_MIDDLEWARE = "django_otp.middleware.OTPMiddleware"


def check_factor_bypass(**kwargs: Any) -> list[CheckMessage]:
    """Return one warning for each way to authenticate without the second factor."""
    views = list(routed_views())
    return [
        *_admin_sites(views),
        *_authenticators(),
        *_token_views(views),
        *_stateless_authenticators(views),
    ]


def _admin_sites(views: list[RoutedView]) -> Iterator[CheckMessage]:
    sites = {site for view in views if (site := getattr(view.callback, "admin_site", None))}
    for site in sorted(sites, key=lambda site: str(site.name)):
        requires_otp = isinstance(site, OTPAdminSite | SecondFactorAdminSite)
        if requires_otp and OTP_MIDDLEWARE in settings.MIDDLEWARE:
            continue
        yield checks.Warning(
            f"The admin site '{site.name}' does not ask for a second factor.",
            hint=(
                "Put 'authkit.factors.apps.SecondFactorAdminConfig' into INSTALLED_APPS "
                f"instead of 'django.contrib.admin', and '{OTP_MIDDLEWARE}' after "
                "AuthenticationMiddleware into MIDDLEWARE."
            ),
            id="authkit.W002",
        )


def _authenticators() -> Iterator[CheckMessage]:
    authenticators: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    for authenticator in authenticators:
        if issubclass(authenticator, BasicAuthentication | SessionAuthentication):
            yield checks.Warning(
                f"{path_of(authenticator)}, in DEFAULT_AUTHENTICATION_CLASSES, does not ask for "
                "a second factor.",
                hint=(
                    "Remove it, or name it only on views that may accept a password or a cookie "
                    "alone."
                ),
                id="authkit.W003",
            )


def _stateless_authenticators(views: list[RoutedView]) -> Iterator[CheckMessage]:
    named = {
        authenticator
        for place in [
            api_settings.DEFAULT_AUTHENTICATION_CLASSES,
            *(view.attribute("authentication_classes") or () for view in views),
        ]
        for authenticator in place
        if isinstance(authenticator, type) and issubclass(authenticator, SimpleJWTAuthentication)
    }
    for name in sorted(map(path_of, named)):
        yield checks.Warning(
            f"{name} does not check the session: it accepts access tokens of ended sessions.",
            hint="Use 'authkit.authentication.JWTAuthentication' instead.",
            id="authkit.W007",
        )


def _token_views(views: list[RoutedView]) -> Iterator[CheckMessage]:
    for view in views:
        # By name, so that no unused package is imported.
        if TOKEN_VIEWS.intersection(map(path_of, view.cls.__mro__)):
            yield checks.Warning(
                f"'{view.route}' ({view.path}) issues tokens without asking for a second factor.",
                hint="Remove the route: authkit's token/ takes its place.",
                id="authkit.W004",
            )
