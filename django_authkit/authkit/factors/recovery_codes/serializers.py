from __future__ import annotations

from typing import Any

from rest_framework import serializers


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    """Shown once. Each opens the account once when the app is lost."""

    recovery_codes = serializers.ListField(child=serializers.CharField(), read_only=True)
