from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from authkit.core.http.client import client_of
from authkit.core.http.header_credentials import HeaderCredentialAuthentication
from authkit.core.identity.users import AuthUser
from authkit.errors import EnrolmentRequired, SessionEnded, TokenExpired, TokenInvalid
from authkit.events.flows import record
from authkit.sessions import forgery
from authkit.sessions.models import Session
from authkit.sessions.tokens import Claims, token_type_within
from authkit.sessions.validate import session_of_access_token

#: What a bearer token may be refused with, in the OpenAPI document of our own views.
TOKEN_REFUSALS = (TokenInvalid, TokenExpired, SessionEnded)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """``request.auth`` of a request with a bearer token."""

    session: Session
    claims: Claims


class JWTAuthentication(HeaderCredentialAuthentication):
    """``Authorization: Bearer <access token>`` (RFC 6750), one query, revocation included.

    ``request.user`` is the user, ``request.auth`` an :class:`AccessToken`. A token that is
    not valid is refused with 401, also where anonymous access is allowed. Another scheme in
    the header is left to other authenticators. Subclasses may change ``keyword``.

    A user who must have a second factor and has none gets a session that can only set one up; it
    is refused here with 403 ``second_factor_enrolment_required``.
    """

    refuses = (*TOKEN_REFUSALS, EnrolmentRequired, *HeaderCredentialAuthentication.refuses)
    header = "Authorization"
    keyword = "Bearer"
    accepts_enrolment_only = False

    def get_credential(self, request: Request) -> str | None:
        value = self.raw_header(request) or ""
        scheme = value.split(None, 1)[:1]
        if [part.lower() for part in scheme] != [self.keyword.lower()]:
            return None
        return value.lstrip()[len(self.keyword) :].strip(" ")

    def verify(self, request: Request, credential: str) -> tuple[AuthUser, AccessToken]:
        try:
            session, claims = session_of_access_token(credential)
        except TokenInvalid as error:
            forgery.note_forgery(error, client_of(request._request))
            raise
        if session.owes_second_factor and not self.accepts_enrolment_only:
            record_refusal("enrolment_required", request, session)
            raise EnrolmentRequired
        return session.user, AccessToken(session, claims)

    def find_credential(self, text: str) -> str | None:
        return token_type_within(text)

    def authenticate_header(self, request: Any) -> str:
        return f'{self.keyword} realm="api"'


def record_refusal(kind: str, request: Request, session: Session) -> None:
    """Record that the session of a request does not suffice (ASVS 5.0, 16.3.2)."""
    client = client_of(request._request)
    record(kind, client=client, user=session.user_id, session=session.pk)


class EnrolmentAuthentication(JWTAuthentication):
    """Also accepts a session that can only set up a second factor, to let it do so."""

    refuses = (*TOKEN_REFUSALS, *HeaderCredentialAuthentication.refuses)
    accepts_enrolment_only = True
