from __future__ import annotations

from rest_framework import serializers

from authkit.core.http.body.fields import CodeField
from authkit.core.http.body.serializers import AuthkitSerializer


class TOTPStateSerializer(AuthkitSerializer):
    enabled = serializers.BooleanField(read_only=True)
    confirmed_at = serializers.DateTimeField(read_only=True, allow_null=True)


class SecondFactorStateSerializer(AuthkitSerializer):
    example = {
        "totp": {"enabled": True, "confirmed_at": "2026-11-30T08:20:11.043217Z"},
        "recovery_codes_left": 10,
    }

    totp = TOTPStateSerializer(read_only=True, source="*")
    recovery_codes_left = serializers.IntegerField(read_only=True)


class CodeSerializer(AuthkitSerializer):
    example = {"code": "287082"}

    code = CodeField(help_text="The six digits of the authenticator app.")
