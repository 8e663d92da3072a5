from __future__ import annotations

from rest_framework import serializers

from authkit.core.http.body.serializers import AuthkitSerializer
from authkit.events.models import SecurityEvent


class EventDetailsSerializer(AuthkitSerializer):
    """More about an event; fields that do not apply are omitted."""

    method = serializers.CharField(required=False, help_text="`totp` or `recovery_code`.")
    amr = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Authentication methods of the session (RFC 8176).",
    )
    reason = serializers.CharField(
        required=False, help_text="The reason as a code, such as `log_out`."
    )
    count = serializers.IntegerField(required=False, help_text="How many there were.")
    api_key = serializers.UUIDField(required=False, help_text="The id of the API key.")
    scopes = serializers.ListField(child=serializers.CharField(), required=False)
    changed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The names of the changed fields."
    )


class SecurityEventSerializer(AuthkitSerializer, serializers.ModelSerializer[SecurityEvent]):
    """A security event of the account, or a failed attempt."""

    example = {
        "id": "5f0c3f7e-2f6b-4f0e-8d3c-0c7c0c1e9a55",
        "kind": "session_started",
        "created_at": "2026-11-30T08:15:27.482951Z",
        "ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "session": "0b9f1c52-6a1e-4c39-9d53-6f3d1b8f2a77",
        "by_administrator": False,
        "details": {"amr": ["pwd"]},
    }

    session = serializers.UUIDField(
        source="session_id", read_only=True, allow_null=True, help_text="The id of the session."
    )
    by_administrator = serializers.SerializerMethodField(
        help_text="Whether an administrator caused the event."
    )
    details = EventDetailsSerializer(source="facts", read_only=True)

    class Meta:
        model = SecurityEvent
        fields = [
            "id",
            "kind",
            "created_at",
            "ip",
            "user_agent",
            "session",
            "by_administrator",
            "details",
        ]
        read_only_fields = fields

    def get_by_administrator(self, event: SecurityEvent) -> bool:
        return "actor" in event.facts
