from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authkit.core.http.fields import SecretField
from authkit.sessions.models import Session
from authkit.sessions.tokens import MAX_TOKEN_LENGTH


class TokenPairSerializer(serializers.Serializer[Any]):
    """An access token and a refresh token (RFC 6749 section 5.1)."""

    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)
    token_type = serializers.CharField(read_only=True, help_text="Always `Bearer`.")
    expires_in = serializers.IntegerField(
        read_only=True, help_text="Seconds until the access token expires."
    )


class RefreshTokenSerializer(serializers.Serializer[Any]):
    refresh = SecretField(max_length=MAX_TOKEN_LENGTH)


class AnyTokenSerializer(serializers.Serializer[Any]):
    token = SecretField(max_length=MAX_TOKEN_LENGTH, help_text="An access or a refresh token.")


class SessionSerializer(serializers.ModelSerializer[Session]):
    current = serializers.SerializerMethodField(
        help_text="Whether the request was made with this session."
    )
    amr = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Authentication methods (RFC 8176).",
    )

    class Meta:
        model = Session
        fields = ["id", "created_at", "last_used_at", "ip", "user_agent", "current", "amr"]
        read_only_fields = fields

    def get_current(self, session: Session) -> bool:
        return bool(session.pk == self.context["current"].pk)
