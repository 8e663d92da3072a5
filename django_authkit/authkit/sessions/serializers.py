from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from authkit.conf import Settings, conf
from authkit.core.http.body.fields import SecretField
from authkit.core.http.body.serializers import AuthkitSerializer
from authkit.core.http.client import present_request
from authkit.core.http.openapi import ConfiguredResponse
from authkit.sessions.models import Session
from authkit.sessions.tokens import MAX_TOKEN_LENGTH


class TokenPairSerializer(AuthkitSerializer):
    """An access token and a refresh token (RFC 6749 section 5.1)."""

    example = {
        "access": "eyJhbGciOi...",
        "refresh": "eyJhbGciOi...",
        "token_type": "Bearer",
        "expires_in": 300,
    }

    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)
    token_type = serializers.CharField(read_only=True, help_text="Always `Bearer`.")
    expires_in = serializers.IntegerField(
        read_only=True, help_text="Seconds until the access token expires."
    )


def token_pair_serializer() -> type[TokenPairSerializer]:
    """Return the serializer of the project, or ours."""
    serializer: type[TokenPairSerializer] = import_string(conf.TOKEN_PAIR_SERIALIZER)
    return serializer


#: The answer of a completed log-in and of a refresh, in the document.
TOKEN_PAIR = ConfiguredResponse(token_pair_serializer)


def pair_data(pair: Any) -> Mapping[str, Any]:
    """Return what clients get, as plain JSON.

    Callers ask before they commit, or spend a token: the serializer is the project's, and may raise
    anything. So it is rendered here, too.
    """
    named = conf.TOKEN_PAIR_SERIALIZER
    if named == Settings.TOKEN_PAIR_SERIALIZER.default:
        # A refresh without the cost of a serializer.
        return {name: getattr(pair, name) for name in TokenPairSerializer._declared_fields}
    shown = token_pair_serializer()(pair, context={"request": present_request.get()}).data
    data: Mapping[str, Any] = json.loads(JSONRenderer().render(shown))
    return data


class RefreshTokenSerializer(AuthkitSerializer):
    example = {"refresh": "eyJhbGciOi..."}

    refresh = SecretField(max_length=MAX_TOKEN_LENGTH)


class AnyTokenSerializer(AuthkitSerializer):
    example = {"token": "eyJhbGciOi..."}

    token = SecretField(max_length=MAX_TOKEN_LENGTH, help_text="An access or a refresh token.")


class MinuteField(serializers.DateTimeField):
    """A time to the minute: a thief must not learn from it when the owner's client refreshes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value.replace(second=0, microsecond=0))


class SessionSerializer(AuthkitSerializer, serializers.ModelSerializer[Session]):
    example = {
        "id": "0b9f1c52-6a1e-4c39-9d53-6f3d1b8f2a77",
        "created_at": "2026-11-30T08:15:27.482951Z",
        "last_used_at": "2026-11-30T09:40:00Z",
        "replayed_at": None,
        "ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "current": True,
        "amr": ["pwd", "otp", "mfa"],
    }

    current = serializers.SerializerMethodField(
        help_text="Whether the request was made with this session."
    )
    last_used_at = MinuteField(help_text="The last refresh, rounded down to the minute.")
    replayed_at = MinuteField(
        allow_null=True,
        help_text=(
            "When a spent refresh token last came back within the grace: a retry, or a copy."
        ),
    )
    amr = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Authentication methods (RFC 8176).",
    )

    class Meta:
        model = Session
        fields = [
            "id",
            "created_at",
            "last_used_at",
            "replayed_at",
            "ip",
            "user_agent",
            "current",
            "amr",
        ]
        read_only_fields = fields

    def get_current(self, session: Session) -> bool:
        return bool(session.pk == self.context["current"].pk)
