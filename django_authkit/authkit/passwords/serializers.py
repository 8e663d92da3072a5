from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authkit.core.fields import PasswordField


class PasswordChangeSerializer(serializers.Serializer[Any]):
    current_password = PasswordField()
    new_password = PasswordField()
