"""E018, W016 and W017: password hashers, password reset and password validators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher, get_hashers
from django.core.checks import (  # what Django calls them
    CheckMessage,
    Error,
    Warning,  # noqa: A004
)

from authkit.checks.project.routes import path_of, routed_views
from authkit.conf import Settings, conf
from authkit.passwords.views import PasswordResetView

#: The algorithms of Django, and of its earlier versions, that are made for speed.
FAST_ALGORITHMS = {"md5", "unsalted_md5", "sha1", "unsalted_sha1", "crypt"}


def check_passwords(**kwargs: Any) -> list[CheckMessage]:
    return [*_reset_link(), *_no_validators(), *_fast_hasher()]


def _reset_link() -> Iterator[CheckMessage]:
    if conf.PASSWORD_RESET_URL is not None:
        return
    if any(issubclass(view.cls, PasswordResetView) for view in routed_views()):
        yield Warning(
            "AUTHKIT['PASSWORD_RESET_URL'] is not set: users who forget a password get no link.",
            hint=Settings.PASSWORD_RESET_URL.hint,
            id="authkit.W016",
        )


def _fast_hasher() -> Iterator[CheckMessage]:
    hasher: Any = get_hashers()[0]
    if hasher.algorithm in FAST_ALGORITHMS or isinstance(hasher, MD5PasswordHasher):
        yield Error(
            f"New passwords are hashed by {path_of(type(hasher))}: who reads the database can try "
            "millions of passwords per second.",
            hint=(
                "Begin PASSWORD_HASHERS with 'django.contrib.auth.hashers.PBKDF2PasswordHasher', "
                "or another slow one. Stored hashes are replaced at the next log-in."
            ),
            id="authkit.E018",
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
