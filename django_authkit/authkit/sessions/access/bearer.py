"""The bearer token of a request. Knows Django's requests alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from authkit.core.http.client import client_of
from authkit.core.http.credentials import HeaderCredential
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


class BearerCredential(HeaderCredential):
    """``Authorization: Bearer <access token>`` (RFC 6750)."""

    refuses = (*TOKEN_REFUSALS, EnrolmentRequired, *HeaderCredential.refuses)
    header = "Authorization"
    keyword = "Bearer"
    accepts_enrolment_only = False

    @property
    def challenge(self) -> str:
        return f'{self.keyword} realm="api"'

    def get_credential(self, request: HttpRequest) -> str | None:
        value = self.raw_header(request) or ""
        scheme = value.split(None, 1)[:1]
        if [part.lower() for part in scheme] != [self.keyword.lower()]:
            return None
        return value.lstrip()[len(self.keyword) :].strip(" ")

    def verify(self, request: HttpRequest, credential: str) -> tuple[AuthUser, AccessToken]:
        try:
            session, claims = session_of_access_token(credential)
        except TokenInvalid as error:
            forgery.note_forgery(error, client_of(request))
            raise
        if session.owes_second_factor and not self.accepts_enrolment_only:
            record_refusal("enrolment_required", request, session)
            raise EnrolmentRequired
        return session.user, AccessToken(session, claims)

    def find_credential(self, text: str) -> str | None:
        return token_type_within(text)


def record_refusal(kind: str, request: HttpRequest, session: Session) -> None:
    """Record that the session of a request does not suffice (ASVS 5.0, 16.3.2)."""
    record(kind, client=client_of(request), user=session.user_id, session=session.pk)
