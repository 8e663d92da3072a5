from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from authkit.api_keys.flows import MAX_OVERLAP
from authkit.api_keys.models import APIKey
from authkit.api_keys.validation import MAX_NETWORKS, check_expiry, check_name
from authkit.core.http.body.fields import SecretField, StrictCharField
from authkit.core.http.body.serializers import AuthkitSerializer, NamedChoiceField, StrictSerializer
from authkit.core.http.networks import canonical
from authkit.sessions.tokens import MAX_TOKEN_LENGTH


class NameField(StrictCharField):
    """The name of a key, shown in lists: one line of printable text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=50, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        check_name(name)
        return name


@extend_schema_field(
    {
        "type": "string",
        "oneOf": [{"format": "date-time"}, {"format": "date"}],
        "nullable": True,
    }
)
class ExpiryField(serializers.DateTimeField):
    """A time in the future. A date means the end of that day, in the project's time zone."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or len(value) > 40 or not value.isascii():
            self.fail("invalid", format="YYYY-MM-DD[Thh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]]")
        moment = self._end_of(value) or super().to_internal_value(value)
        check_expiry(moment)
        return moment

    def _end_of(self, value: str) -> datetime | None:
        try:
            day = parse_date(value)
            if day is None:
                return None
            end = datetime.combine(day + timedelta(days=1), time.min)
            return timezone.make_aware(end) if settings.USE_TZ else end
        except (ValueError, OverflowError):
            return None  # DateTimeField has the error message


class NetworkField(StrictCharField):
    default_error_messages = {
        "network": _(
            "This is not a network in CIDR notation, such as 192.0.2.0/24 or 2001:db8::/32."
        )
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=50, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return canonical(super().to_internal_value(data))
        except ValueError:
            self.fail("network")


class APIKeyRequestSerializer(StrictSerializer):
    """The settings of an API key that its owner chooses."""

    example = {
        "name": "nightly import",
        "expires_at": "2099-12-31T00:00:00Z",
        "allowed_networks": ["203.0.113.0/24"],
    }

    name = NameField(help_text="The purpose of the key.")
    scopes = serializers.ListField(
        child=StrictCharField(max_length=100),
        required=False,
        max_length=100,
        help_text="Permissions for operations that require scopes. Default: none.",
    )
    expires_at = ExpiryField(
        required=False,
        allow_null=True,
        help_text="A time, or a date, which means the end of that day. Default: never.",
    )
    allowed_networks = serializers.ListField(
        child=NetworkField(),
        required=False,
        max_length=MAX_NETWORKS,
        help_text="Networks that may use the key, in CIDR notation. Default: all.",
    )


class RotateSerializer(StrictSerializer):
    example = {"overlap_seconds": 3600}

    overlap_seconds = serializers.IntegerField(
        default=0,
        min_value=0,
        max_value=int(MAX_OVERLAP.total_seconds()),
        help_text="How long the old key stays valid; at most 7 days.",
    )


class IntrospectionRequestSerializer(AuthkitSerializer):
    example = {"token": "eyJhbGciOi..."}

    token = SecretField(
        max_length=MAX_TOKEN_LENGTH, help_text="The access token or API key of a request."
    )


class IntrospectionSerializer(AuthkitSerializer):
    """The state of a token (RFC 7662); members that do not apply are omitted.

    An access token has further members where the server adds claims to tokens.
    """

    example = {
        "active": True,
        "token_type": "Bearer",
        "sub": "1",
        "sid": "0b9f1c52-6a1e-4c39-9d53-6f3d1b8f2a77",
        "exp": 1796032827,
        "iat": 1796032527,
        "amr": ["pwd"],
        "auth_time": 1796032527,
    }

    active = serializers.BooleanField(help_text="Whether the token may be used now.")
    token_type = NamedChoiceField(["Bearer", "ApiKey"], component="TokenType", required=False)
    sub = serializers.CharField(
        required=False, help_text="The user id; a service key without an owner has none."
    )
    sid = serializers.UUIDField(required=False, help_text="The session of an access token.")
    scope = serializers.CharField(
        required=False, help_text="The scopes of an API key, separated by spaces."
    )
    exp = serializers.IntegerField(required=False, help_text="When it expires, in Unix time.")
    iat = serializers.IntegerField(required=False, help_text="When it was issued.")
    amr = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Authentication methods of the session (RFC 8176).",
    )
    auth_time = serializers.IntegerField(
        required=False, help_text="When the user last proved who they are."
    )
    client = serializers.CharField(required=False, help_text="The id of the API key.")


class APIKeySerializer(AuthkitSerializer, serializers.ModelSerializer[APIKey]):
    example = {
        "id": "f2f5a3f0-52f5-4a3f-9c6d-1a0a6f0b7d11",
        "prefix": "Vq3ZkT8m",
        "name": "nightly import",
        "scopes": ["catalogue:read"],
        "allowed_networks": ["203.0.113.0/24"],
        "rate": "1000/hour",
        "created_at": "2026-11-30T08:15:27.482951Z",
        "expires_at": "2099-12-31T00:00:00Z",
        "last_used_at": None,
        "last_used_ip": None,
        "overlap_ends_at": None,
    }

    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    allowed_networks = serializers.ListField(child=serializers.CharField(), read_only=True)
    rate = serializers.CharField(
        read_only=True, help_text="Rate limit, such as `1000/hour`; empty without one."
    )
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry_date", read_only=True, allow_null=True)
    overlap_ends_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When the previous key expires after a rotation."
    )

    class Meta:
        model = APIKey
        fields = [
            "id",
            "prefix",
            "name",
            "scopes",
            "allowed_networks",
            "rate",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_used_ip",
            "overlap_ends_at",
        ]
        read_only_fields = fields


class NewAPIKeySerializer(APIKeySerializer):
    """An API key with its secret, shown only once."""

    example = {"key": "ak_Vq3ZkT8m_...", **APIKeySerializer.example}

    key = serializers.CharField(
        read_only=True, help_text="Shown only once; the server stores a hash."
    )

    class Meta(APIKeySerializer.Meta):
        fields = ["key", *APIKeySerializer.Meta.fields]
        read_only_fields = fields
