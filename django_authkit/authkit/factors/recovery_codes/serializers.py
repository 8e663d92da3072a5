from __future__ import annotations

from rest_framework import serializers

from authkit.core.http.body.serializers import AuthkitSerializer


class RecoveryCodesSerializer(AuthkitSerializer):
    """Recovery codes, shown only once. Each can be used once in place of the app."""

    example = {"recovery_codes": ["qk7f-x2mp-9d4w-h3tz", "0v8r-mn5c-ty61-ejsb", "..."]}

    recovery_codes = serializers.ListField(child=serializers.CharField(), read_only=True)
