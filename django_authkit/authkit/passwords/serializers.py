from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authkit.core.http.fields import PasswordField, SecretField, StrictCharField
from authkit.core.identity.one_time_links import MAX_TOKEN_LENGTH


class PasswordChangeSerializer(serializers.Serializer[Any]):
    current_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(serializers.Serializer[Any]):
    # Not validated as an e-mail address: equal answers prevent user enumeration.
    email = StrictCharField(max_length=320)


class PasswordResetConfirmSerializer(serializers.Serializer[Any]):
    """The `uid` and `token` of the reset link, and the new password."""

    uid = StrictCharField(max_length=255)
    token = SecretField(max_length=MAX_TOKEN_LENGTH)
    new_password = PasswordField()
