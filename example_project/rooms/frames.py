"""What clients and the server send each other: JSON objects with a type."""

import json

from rest_framework import serializers

LONGEST_TEXT = 2000


class FrameSerializer(serializers.Serializer):
    """Of a client. It has no sender: that is the user of the handshake, whatever it says."""

    type = serializers.ChoiceField(["message", "typing"])
    text = serializers.CharField(max_length=LONGEST_TEXT, required=False)

    def validate(self, attrs):
        if attrs["type"] == "message" and "text" not in attrs:
            raise serializers.ValidationError({"text": "A message has a text."})
        return attrs


def read(text):
    """Return the members of a frame. Raises `ValidationError` for whatever is none."""
    try:
        content = json.loads(text or "")
    except (ValueError, RecursionError):
        raise serializers.ValidationError("A frame is JSON.") from None
    frame = FrameSerializer(data=content)
    frame.is_valid(raise_exception=True)
    return frame.validated_data


def of_message(message):
    return {
        "type": "message",
        "number": message.number,
        "sender": message.sender.get_username(),
        "text": message.text,
        "created_at": message.created_at.isoformat(),
    }


def of_event(kind, sender):
    """Of a participant who has joined or left, or is typing."""
    return {"type": kind, "sender": sender}


def of_refusal(error):
    """The errors of a frame, as the API answers them."""
    return {"type": "error", "code": error.default_code, "errors": error.detail}
