"""Access tokens and API keys in one header, for clients that can send no other."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from authkit.api_keys.keys import has_brand
from authkit.api_keys.using.authentication import APIKeyAuthentication
from authkit.conf import conf
from authkit.errors import APIKeyInvalid, TokenInvalid
from authkit.sessions.access.authentication import JWTAuthentication


class BearerAuthentication(JWTAuthentication, APIKeyAuthentication):
    """``Authorization: Bearer <access token or API key>`` (RFC 6750), one query.

    In the place of ``JWTAuthentication``. A credential that begins with the brand of keys is a key,
    every other one an access token; ``request.user`` and ``request.auth`` are those of
    ``APIKeyAuthentication`` or of ``JWTAuthentication``. With ``APIKeyAuthentication`` after it,
    keys are taken in ``X-API-Key`` too. Subclasses may change ``keyword``.
    """

    refuses = tuple(dict.fromkeys((*JWTAuthentication.refuses, *APIKeyAuthentication.refuses)))
    keyword: str = "Bearer"

    #: Not every credential is a key here; ``request.auth`` tells which is.
    holds_scopes = False

    def verify(self, request: HttpRequest, credential: str) -> tuple[Any, Any]:
        if not has_brand(credential, conf.API_KEY_BRAND):
            return JWTAuthentication.verify(self, request, credential)
        try:
            return APIKeyAuthentication.verify(self, request, credential)
        except APIKeyInvalid:
            raise _BearerKeyInvalid from None

    def find_credential(self, text: str) -> str | None:
        found = JWTAuthentication.find_credential(self, text)
        return found or APIKeyAuthentication.find_credential(self, text)


class _BearerKeyInvalid(APIKeyInvalid):
    """Names the scheme by which the key was sent (RFC 9110 section 11.6.1)."""

    auth_header = TokenInvalid.auth_header
