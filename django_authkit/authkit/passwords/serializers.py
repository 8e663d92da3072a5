from __future__ import annotations

from authkit.core.http.fields import PasswordField, SecretField, StrictCharField
from authkit.core.http.serializers import AuthkitSerializer
from authkit.core.identity.one_time_links import MAX_TOKEN_LENGTH


class PasswordChangeSerializer(AuthkitSerializer):
    current_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(AuthkitSerializer):
    # Not validated as an e-mail address: equal answers prevent user enumeration.
    email = StrictCharField(max_length=320)


class PasswordResetConfirmSerializer(AuthkitSerializer):
    """The `uid` and `token` of the reset link, and the new password."""

    uid = StrictCharField(max_length=255)
    token = SecretField(max_length=MAX_TOKEN_LENGTH)
    new_password = PasswordField()
