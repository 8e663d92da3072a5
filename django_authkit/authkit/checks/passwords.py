"""W016 and W017: password reset and password validators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - what Django calls it

from authkit.checks.routes import routed_views
from authkit.conf import Settings, conf
from authkit.passwords.views import PasswordResetView


def check_passwords(**kwargs: Any) -> list[CheckMessage]:
    return [*_reset_link(), *_no_validators()]


def _reset_link() -> Iterator[CheckMessage]:
    if conf.PASSWORD_RESET_URL is not None:
        return
    if any(issubclass(view.cls, PasswordResetView) for view in routed_views()):
        yield Warning(
            "AUTHKIT['PASSWORD_RESET_URL'] is not set: users who forget a password get no link.",
            hint=Settings.PASSWORD_RESET_URL.hint,
            id="authkit.W016",
        )


def _no_validators() -> Iterator[CheckMessage]:
    if not settings.AUTH_PASSWORD_VALIDATORS:
        yield Warning(
            "AUTH_PASSWORD_VALIDATORS is empty: every password is accepted, even a single letter.",
            hint=(
                "Add {'NAME': 'authkit.password_validation.MinimumLengthValidator'} and "
                "{'NAME': 'django.contrib.auth.password_validation.CommonPasswordValidator'}."
            ),
            id="authkit.W017",
        )
