from __future__ import annotations

from typing import Any

from rest_framework import serializers


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    """Recovery codes, shown only once. Each can be used once in place of the app."""

    recovery_codes = serializers.ListField(child=serializers.CharField(), read_only=True)
