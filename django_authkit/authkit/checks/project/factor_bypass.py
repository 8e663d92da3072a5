"""W002 to W004, W007: ways to bypass the second factor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django_otp.admin import OTPAdminSite
from rest_framework.settings import api_settings

from authkit.checks.project.other_log_ins import AUTHENTICATORS, STATELESS, VIEWS, said_of
from authkit.checks.project.routes import RoutedView, path_of, routed_views
from authkit.factors.admin_site import SecondFactorAdminSite

#: The middleware that sets ``is_verified()``: whether a cookie session has passed OTP.
OTP_MIDDLEWARE = "django_otp.middleware.OTPMiddleware"


def check_factor_bypass(**kwargs: Any) -> list[CheckMessage]:
    """Return one warning for each way to authenticate without the second factor."""
    views = list(routed_views())
    return [
        *_admin_sites(views),
        *_authenticators(),
        *_log_in_views(views),
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
        says = said_of(authenticator, AUTHENTICATORS)
        if says is not None:
            yield checks.Warning(
                f"{path_of(authenticator)}, in DEFAULT_AUTHENTICATION_CLASSES, {says}.",
                hint=(
                    "Remove it, or name it only on views that may accept a password, a cookie or "
                    "another package's token alone."
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
        if isinstance(authenticator, type)
    }
    for authenticator in sorted(named, key=path_of):
        says = said_of(authenticator, STATELESS)
        if says is not None:
            yield checks.Warning(
                f"{path_of(authenticator)} {says}.",
                hint="Use 'authkit.authentication.JWTAuthentication' instead.",
                id="authkit.W007",
            )


def _log_in_views(views: list[RoutedView]) -> Iterator[CheckMessage]:
    for view in views:
        says = said_of(view.cls, VIEWS)
        if says is not None:
            yield checks.Warning(
                f"'{view.route}' ({view.path}) {says}.",
                hint=(
                    "Remove the route: authkit's token/ takes its place. Wrong passwords there are "
                    "not counted with authkit's, and a lockout does not reach it."
                ),
                id="authkit.W004",
            )
