from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from authkit.conf import conf
from authkit.core import factors
from authkit.core.http.body.fields import CodeField, PasswordField, SecretField, StrictCharField
from authkit.core.http.body.serializers import AuthkitSerializer, NamedChoiceField
from authkit.sessions.tokens import MAX_TOKEN_LENGTH


def _credentials() -> dict[str, str]:
    model = get_user_model()
    is_email = isinstance(model._meta.get_field(model.USERNAME_FIELD), models.EmailField)
    username = "ann@example.com" if is_email else "ann"
    return {model.USERNAME_FIELD: username, "password": "correct horse battery staple"}


class CredentialsSerializer(AuthkitSerializer):
    """The `USERNAME_FIELD` of the user model, the password, and optionally a code."""

    example = _credentials()

    password = PasswordField()
    otp = CodeField(
        required=False,
        help_text="A code of the second factor, if the client has asked for it already.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        model = get_user_model()
        fields = conf.LOGIN_FIELDS or [model.USERNAME_FIELD]
        username = _username(tuple(model._meta.get_field(field) for field in fields))
        return {model.USERNAME_FIELD: deepcopy(username), **super().get_fields()}


def log_in_arguments(credentials: Mapping[str, Any]) -> dict[str, Any]:
    """Return what :func:`authkit.login.flows.log_in` takes of a validated body."""
    return {
        "username": credentials[get_user_model().USERNAME_FIELD],
        "password": credentials["password"],
        "otp": credentials.get("otp"),
    }


@cache
def _username(columns: tuple[Any, ...]) -> StrictCharField:
    return StrictCharField(max_length=max(map(_longest, columns)), validators=[_fits(columns)])


def _longest(column: Any) -> int:
    # A UUIDField has a max_length too, but accepts UUIDs with dashes, which are longer.
    return (isinstance(column, models.CharField) and column.max_length) or 254


def _fits(columns: tuple[Any, ...]) -> Any:
    """Return a validator that refuses values that no column can be queried for."""

    def validate(value: str) -> None:
        if not any(_is_value(column, value) for column in columns):
            raise serializers.ValidationError(_("Not a valid value."), code="invalid")

    return validate


def _is_value(column: Any, value: str) -> bool:
    try:
        column.to_python(value)
    except DjangoValidationError:
        return False
    return True


class MethodField(NamedChoiceField):
    """The name of a registered factor. DRF makes fields anew with each serializer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(factors.names(), component="Method", **options)


class SecondFactorChallengeSerializer(AuthkitSerializer):
    """The first factor is correct; send the challenge and a code to `token/second-factor/`."""

    example = {
        "challenge": "eyJhbGciOi...",
        "methods": ["totp", "recovery_code"],
        "expires_in": 300,
    }

    challenge = serializers.CharField(read_only=True)
    methods = serializers.ListField(child=MethodField(), read_only=True)
    expires_in = serializers.IntegerField(
        read_only=True, help_text="Seconds until the challenge expires."
    )


class SecondFactorSerializer(AuthkitSerializer):
    example = {"challenge": "eyJhbGciOi...", "code": "287082"}

    challenge = SecretField(max_length=MAX_TOKEN_LENGTH)
    code = CodeField(help_text="The six digits of the authenticator app, or a recovery code.")


class ReauthenticationSerializer(AuthkitSerializer):
    """A code if the account has a second factor, else the password; or both."""

    example = {"password": "correct horse battery staple"}

    password = PasswordField(required=False)
    code = CodeField(required=False)


class FreshAccessSerializer(AuthkitSerializer):
    """An access token that records the current time as `auth_time`."""

    example = {"access": "eyJhbGciOi...", "expires_in": 300}

    access = serializers.CharField(read_only=True)
    expires_in = serializers.IntegerField(
        read_only=True, help_text="Seconds until the access token expires."
    )
