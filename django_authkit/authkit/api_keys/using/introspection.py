"""Token introspection for services (RFC 7662). No HTTP here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authkit.api_keys.keys import plain_prefix_of
from authkit.api_keys.models import APIKey
from authkit.api_keys.scopes import effective_scopes
from authkit.api_keys.using.usage import branded_prefix_of
from authkit.errors import TokenInvalid
from authkit.sessions.added_claims import claims_added_to
from authkit.sessions.tokens import user_id_of
from authkit.sessions.validate import session_of_access_token

#: The answer for everything that is not active. RFC 7662 section 2.2 forbids a reason.
INACTIVE: Mapping[str, Any] = {"active": False}


def introspect(token: str) -> Mapping[str, Any]:
    """Return the state of an access token or API key; members that do not apply are left out."""
    prefix = branded_prefix_of(token) or plain_prefix_of(token)
    return _state_of_access_token(token) if prefix is None else _state_of_key(token, prefix)


def _state_of_access_token(token: str) -> Mapping[str, Any]:
    try:
        session, claims = session_of_access_token(token)
    except TokenInvalid:
        return INACTIVE
    if claims.token_type != "access" or session.owes_second_factor:  # noqa: S105 - a type
        return INACTIVE
    return {
        **claims_added_to(claims.payload),
        "active": True,
        "token_type": "Bearer",
        "sub": claims.user_id,
        "sid": str(session.pk),
        "exp": claims.payload["exp"],
        "iat": claims.payload["iat"],
        "amr": session.amr,
        "auth_time": claims.payload.get("auth_time"),
    }


def _state_of_key(key: str, prefix: str) -> Mapping[str, Any]:
    """Return the state of a key, which this does not use: its rate limit counts nothing.

    A key that is bound to networks is not active here: only the service knows the client's.
    """
    api_key = APIKey.objects.with_owner(prefix)
    if not APIKey.objects.key_generator.matches(key, api_key) or api_key is None:
        return INACTIVE
    if api_key.networks or not api_key.is_usable():
        return INACTIVE
    state: dict[str, Any] = {
        "active": True,
        "token_type": "ApiKey",
        "scope": " ".join(effective_scopes(api_key)),
        "client": str(api_key.pk),
    }
    if api_key.owner is not None:
        state["sub"] = user_id_of(api_key.owner)
    if api_key.expiry_date is not None:
        state["exp"] = int(api_key.expiry_date.timestamp())
    return state
