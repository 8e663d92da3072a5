"""How our endpoints describe their answers in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

#: DRF's own two shapes of 400: messages by field, or one sentence with its code.
_BAD_REQUEST = {
    "type": "object",
    "additionalProperties": {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    },
}


class ErrorSerializer(serializers.Serializer[Any]):
    """Why a request was refused: a sentence for people, a code for programs."""

    detail = serializers.CharField(read_only=True)
    code = serializers.CharField(read_only=True)


def refusal(description: str) -> OpenApiResponse:
    return OpenApiResponse(ErrorSerializer, description=description)


BAD_REQUEST = OpenApiResponse(_BAD_REQUEST, description="The body is not as described.")
NOT_AUTHENTICATED = refusal("`not_authenticated` or `token_invalid`.")
NOT_FOUND = refusal("`not_found`.")
NOT_JSON = refusal("`unsupported_media_type`: send JSON.")
TOO_MANY = refusal("`too_many_attempts`: come back after `Retry-After` seconds.")
LOCKED = refusal("`account_locked`: time alone does not unlock it.")
UNAVAILABLE = refusal("`second_factor_unavailable`: come back after `Retry-After` seconds.")
DONE = OpenApiResponse(description="Done.")

#: What an endpoint that judges a code may answer besides.
CODE_REFUSALS = {
    400: BAD_REQUEST,
    415: NOT_JSON,
    423: LOCKED,
    429: TOO_MANY,
    503: UNAVAILABLE,
}
