from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from authkit.core.credentials import HeaderCredentialAuthentication
from authkit.core.users import AuthUser
from authkit.sessions.flows import session_of_access_token
from authkit.sessions.models import Session
from authkit.sessions.tokens import Claims


@dataclass(frozen=True, slots=True)
class AccessToken:
    """``request.auth`` of a request that came with a bearer token."""

    session: Session
    claims: Claims


class JWTAuthentication(HeaderCredentialAuthentication):
    """``Authorization: Bearer <access token>`` (RFC 6750), one query, revocation included.

    ``request.user`` is the user, ``request.auth`` an :class:`AccessToken`. A token that is
    not valid is refused with 401, also where anonymous access is allowed. Another scheme in
    the header is left to other authenticators. Subclasses may change ``keyword``.
    """

    header = "Authorization"
    keyword = "Bearer"

    def get_credential(self, request: Request) -> str | None:
        value = self.raw_header(request) or ""
        scheme = value.split(None, 1)[:1]
        if [part.lower() for part in scheme] != [self.keyword.lower()]:
            return None
        return value.lstrip()[len(self.keyword) :].strip(" ")

    def verify(self, credential: str) -> tuple[AuthUser, AccessToken]:
        session, claims = session_of_access_token(credential)
        return session.user, AccessToken(session, claims)

    def authenticate_header(self, request: Any) -> str:
        return f'{self.keyword} realm="api"'
