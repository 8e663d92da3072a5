from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authkit.core.http.fields import CodeField, PasswordField


class TOTPStateSerializer(serializers.Serializer[Any]):
    enabled = serializers.BooleanField(read_only=True)
    confirmed_at = serializers.DateTimeField(read_only=True, allow_null=True)


class SecondFactorStateSerializer(serializers.Serializer[Any]):
    totp = TOTPStateSerializer(read_only=True, source="*")
    recovery_codes_left = serializers.IntegerField(read_only=True)


class TOTPSetupSerializer(serializers.Serializer[Any]):
    """Shown once. Whoever sees it can make your codes."""

    secret = serializers.CharField(read_only=True, help_text="In Base32, to be typed.")
    otpauth_url = serializers.CharField(read_only=True, help_text="The same, for an app to open.")
    qr_code = serializers.CharField(
        read_only=True, help_text="The same, to be scanned: an `image/svg+xml` data URI."
    )
    expires_in = serializers.IntegerField(
        read_only=True, help_text="Seconds until the set-up has to be started again."
    )


class CodeSerializer(serializers.Serializer[Any]):
    code = CodeField(help_text="Six digits of the app.")


class DisableSerializer(serializers.Serializer[Any]):
    password = PasswordField()
    code = CodeField(help_text="Six digits of the app, or a recovery code.")


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    """Shown once. Each opens the account once when the app is lost."""

    recovery_codes = serializers.ListField(child=serializers.CharField(), read_only=True)
