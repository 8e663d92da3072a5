from __future__ import annotations

from authkit.core.http.body.fields import PasswordField, SecretField, StrictCharField
from authkit.core.http.body.serializers import AuthkitSerializer
from authkit.core.identity.one_time_links import MAX_TOKEN_LENGTH


class PasswordChangeSerializer(AuthkitSerializer):
    example = {
        "current_password": "correct horse battery staple",
        "new_password": "seven ravens over the river",
    }

    current_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(AuthkitSerializer):
    example = {"email": "ann@example.com"}

    # Not validated as an e-mail address: equal answers prevent user enumeration.
    email = StrictCharField(max_length=320)


class PasswordResetConfirmSerializer(AuthkitSerializer):
    """The `uid` and `token` of the reset link, and the new password."""

    example = {
        "uid": "MQ",
        "token": "d0f3k2-6f1c0e...",
        "new_password": "seven ravens over the river",
    }

    uid = StrictCharField(max_length=255)
    token = SecretField(max_length=MAX_TOKEN_LENGTH)
    new_password = PasswordField()
