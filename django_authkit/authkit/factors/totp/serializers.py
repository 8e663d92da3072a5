from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authkit.core.http.fields import CodeField, PasswordField
from authkit.factors.totp.qr import svg_data_uri


class QRCodeField(serializers.CharField):
    """Draws the text; a set-up is the only request that needs ``qrcode``."""

    def to_representation(self, value: str) -> str:
        return svg_data_uri(value)


class TOTPSetupSerializer(serializers.Serializer[Any]):
    """Shown once. Anyone who has it can generate your codes."""

    secret = serializers.CharField(read_only=True, help_text="In Base32, to be typed.")
    otpauth_url = serializers.CharField(read_only=True, help_text="The same, for an app to open.")
    qr_code = QRCodeField(
        read_only=True,
        source="otpauth_url",
        help_text="The same, to be scanned: an `image/svg+xml` data URI.",
    )
    expires_in = serializers.IntegerField(
        read_only=True, help_text="Seconds until the set-up has to be started again."
    )


class DisableSerializer(serializers.Serializer[Any]):
    password = PasswordField()
    code = CodeField(help_text="Six digits of the app, or a recovery code.")
