from __future__ import annotations

import re

from django.core.validators import RegexValidator
from rest_framework import serializers

from authkit.core.http.body.fields import StrictCharField
from authkit.core.http.body.serializers import AuthkitSerializer, StrictSerializer
from authkit.tickets.models import PATH_LENGTH

#: RFC 3986 section 3.3: without query and fragment.
_PATH = re.compile(r"\A/[^?#\s]*\Z")


class TicketRequestSerializer(StrictSerializer):
    example = {"path": "/ws/chat/"}

    path = StrictCharField(
        max_length=PATH_LENGTH,
        required=False,
        validators=[RegexValidator(_PATH)],
        help_text="The only path that the ticket opens; without it, any.",
    )


class TicketSerializer(AuthkitSerializer):
    example = {"ticket": "tkt_...", "expires_in": 30}

    ticket = serializers.CharField(read_only=True, help_text="Opens one connection.")
    expires_in = serializers.IntegerField(read_only=True, help_text="Seconds until it expires.")
