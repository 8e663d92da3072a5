from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authkit.core.http.fields import CodeField


class TOTPStateSerializer(serializers.Serializer[Any]):
    enabled = serializers.BooleanField(read_only=True)
    confirmed_at = serializers.DateTimeField(read_only=True, allow_null=True)


class SecondFactorStateSerializer(serializers.Serializer[Any]):
    totp = TOTPStateSerializer(read_only=True, source="*")
    recovery_codes_left = serializers.IntegerField(read_only=True)


class CodeSerializer(serializers.Serializer[Any]):
    code = CodeField(help_text="The six digits of the authenticator app.")
