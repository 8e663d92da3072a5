"""How our endpoints describe their answers in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

_MESSAGES = {"type": "array", "items": {"type": "string"}}

#: DRF's own shapes of 400: messages by field, where the field is a list also by position in it,
#: or one sentence with its code.
_BAD_REQUEST = {
    "type": "object",
    "additionalProperties": {
        "oneOf": [
            {"type": "string"},
            _MESSAGES,
            {"type": "object", "additionalProperties": _MESSAGES},
        ]
    },
}


class EmptySerializer(serializers.Serializer[Any]):
    """An empty object."""


class ErrorSerializer(serializers.Serializer[Any]):
    """Why a request was refused: a sentence for people, a code for programs."""

    detail = serializers.CharField(read_only=True)
    code = serializers.CharField(read_only=True)


class ConfiguredResponse(OpenApiResponse):
    """A response by a serializer that a setting names, looked up when the document is made."""

    def __init__(self, serializer: Callable[[], type[serializers.BaseSerializer[Any]]]) -> None:
        self._serializer = serializer
        super().__init__()

    @property
    def response(self) -> type[serializers.BaseSerializer[Any]]:
        return self._serializer()

    @response.setter
    def response(self, value: object) -> None:
        """Take what the parent's constructor assigns, which is nothing."""


def refusal(description: str) -> OpenApiResponse:
    return OpenApiResponse(ErrorSerializer, description=description)


BAD_REQUEST = OpenApiResponse(_BAD_REQUEST, description="The body is not as described.")
NOT_AUTHENTICATED = refusal("`not_authenticated` or `token_invalid`.")
NOT_FOUND = refusal("`not_found`.")
NOT_JSON = refusal("`unsupported_media_type`: send JSON.")
TOO_MANY = refusal("`too_many_attempts`: come back after `Retry-After` seconds.")
LOCKED = refusal("`account_locked`: time alone does not unlock it.")
UNAVAILABLE = refusal(
    "`second_factor_unavailable` or `service_unavailable`: come back after `Retry-After` seconds."
)
DONE = OpenApiResponse(description="Done.")

ACCEPTED = OpenApiResponse(
    EmptySerializer, description="Accepted. A mail says the rest, if there is anything to say."
)

ENROLMENT_REQUIRED = refusal("`second_factor_enrolment_required`.")
EMAIL_UNVERIFIED = refusal("`email_unverified`: confirm your address first.")
ENROLMENT_OR_ADDRESS_REQUIRED = refusal(
    "`second_factor_enrolment_required`; `email_unverified`: confirm your address first."
)

#: What an endpoint that judges a code may answer besides.
CODE_REFUSALS = {
    400: BAD_REQUEST,
    415: NOT_JSON,
    423: LOCKED,
    429: TOO_MANY,
    503: UNAVAILABLE,
}
