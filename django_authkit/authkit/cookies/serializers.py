from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from authkit.core.http.body.serializers import StrictSerializer
from authkit.core.http.openapi import ConfiguredResponse
from authkit.sessions.serializers import TokenPairSerializer, token_pair_serializer


# Refuses the refresh token of the other form, which would be ignored.
class NoMembersSerializer(StrictSerializer):
    example: Mapping[str, Any] = {}


def without_token(value: Any, token: str) -> Any:
    """Return JSON without the members that are this token, whatever a project calls them."""
    if isinstance(value, Mapping):
        kept = {name: one for name, one in value.items() if one != token}
        return {name: without_token(one, token) for name, one in kept.items()}
    if isinstance(value, list | tuple):
        return [without_token(one, token) for one in value if one != token]
    return value


@cache
def _in_cookie_form(serializer: type[TokenPairSerializer]) -> type[TokenPairSerializer]:
    """Return the serializer of a pair, ours or the project's, without its refresh token."""
    attributes: dict[str, Any] = {
        "__module__": serializer.__module__,
        "__doc__": "An access token. The refresh token is in the cookie.",
        "refresh": None,  # which leaves out an inherited field in REST framework
    }
    if serializer.example:
        shown = {name: value for name, value in serializer.example.items() if name != "refresh"}
        attributes["example"] = shown
    return type(f"Cookie{serializer.__name__}", (serializer,), attributes)


#: The answer of a completed log-in and of a refresh, in the document.
COOKIE_PAIR = ConfiguredResponse(lambda: _in_cookie_form(token_pair_serializer()))
