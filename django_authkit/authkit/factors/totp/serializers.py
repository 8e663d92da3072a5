from __future__ import annotations

from rest_framework import serializers

from authkit.core.http.body.fields import CodeField, PasswordField
from authkit.core.http.body.serializers import AuthkitSerializer
from authkit.factors.totp.qr import svg_data_uri


class QRCodeField(serializers.CharField):
    """Draws the text; a set-up is the only request that needs ``qrcode``."""

    def to_representation(self, value: str) -> str:
        return svg_data_uri(value)


class SetupProofSerializer(AuthkitSerializer):
    example = {"code": "287082"}

    code = CodeField(
        required=False,
        help_text="A code of the second factor, or a recovery code; required if the account has "
        "a second factor.",
    )


class TOTPSetupSerializer(AuthkitSerializer):
    """The TOTP secret, shown only once. Anyone who has it can generate your codes."""

    example = {
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "otpauth_url": "otpauth://totp/Shop:ann?secret=GEZDGNBVGY3TQOJQ...&issuer=Shop",
        "qr_code": "data:image/svg+xml,%3Csvg%20...",
        "expires_in": 900,
    }

    secret = serializers.CharField(
        read_only=True, help_text="The secret in Base32, for manual entry."
    )
    otpauth_url = serializers.CharField(
        read_only=True, help_text="The secret as a URI that authenticator apps open."
    )
    qr_code = QRCodeField(
        read_only=True,
        source="otpauth_url",
        help_text="The URI as a QR code: an `image/svg+xml` data URI.",
    )
    expires_in = serializers.IntegerField(
        read_only=True, help_text="Seconds until the set-up expires."
    )


class DisableSerializer(AuthkitSerializer):
    example = {"password": "correct horse battery staple", "code": "287082"}

    password = PasswordField(
        required=False, help_text="The account's password; required if the account has one."
    )
    code = CodeField(help_text="The six digits of the authenticator app, or a recovery code.")
