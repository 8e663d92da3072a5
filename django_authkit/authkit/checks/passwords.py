"""W016 and W017: the way back for those who forget a password, and what a new one has to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - what Django calls it

from authkit.checks.routes import routed_views
from authkit.conf import conf
from authkit.passwords.views import PasswordResetView


def check_passwords(**kwargs: Any) -> list[CheckMessage]:
    return [*_reset_link(), *_no_validators()]


def _reset_link() -> Iterator[CheckMessage]:
    if conf.PASSWORD_RESET_URL is not None:
        return
    if any(issubclass(view.cls, PasswordResetView) for view in routed_views()):
        yield Warning(
            "AUTHKIT['PASSWORD_RESET_URL'] is not set: whoever forgets a password gets no link.",
            hint=(
                "Set it to the page of yours that asks for the new one: "
                "'https://app.example.com/reset#uid={uid}&token={token}', say."
            ),
            id="authkit.W016",
        )


def _no_validators() -> Iterator[CheckMessage]:
    if not settings.AUTH_PASSWORD_VALIDATORS:
        yield Warning(
            "AUTH_PASSWORD_VALIDATORS is empty: every password will do, a single letter too.",
            hint=(
                "Name validators: 'authkit.password_validation.MinimumLengthValidator' and "
                "Django's CommonPasswordValidator, say."
            ),
            id="authkit.W017",
        )
