from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authkit.events.models import SecurityEvent


class EventDetailsSerializer(serializers.Serializer[Any]):
    """What more there is to say of an event; what does not apply is left out."""

    method = serializers.CharField(required=False, help_text="`totp` or `recovery_code`.")
    amr = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="How the log-in was proved, as in the session (RFC 8176).",
    )
    reason = serializers.CharField(required=False, help_text="Why, in one word: `log_out`.")
    api_key = serializers.UUIDField(required=False, help_text="The id of the API key.")
    scopes = serializers.ListField(child=serializers.CharField(), required=False)
    changed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The names of what was changed."
    )


class SecurityEventSerializer(serializers.ModelSerializer[SecurityEvent]):
    """Something that happened to the account, or was tried."""

    session = serializers.UUIDField(
        source="session_id", read_only=True, allow_null=True, help_text="The id of the session."
    )
    by_administrator = serializers.SerializerMethodField(
        help_text="Whether somebody did it who looks after accounts."
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
