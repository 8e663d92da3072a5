from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from authkit.cookies.refresh_cookie import refresh_token_in
from authkit.core.http.client import client_of
from authkit.errors import BEARER_CHALLENGE, TokenInvalid
from authkit.sessions import tokens
from authkit.sessions.forgery import forgeries_noted


@dataclass(frozen=True, slots=True)
class RefreshCookie:
    """Who holds a refresh token. Whether its session is live is for the flow."""

    token: str = field(repr=False)
    pk: str

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True


class RefreshCookieAuthentication(BaseAuthentication):
    """The cookie of ``cookie/token/refresh/``, without a query.

    It is no user that it authenticates, and other views do not accept it: they would be open to
    CSRF.
    """

    refuses = (TokenInvalid,)

    def authenticate(self, request: Request) -> tuple[RefreshCookie, None] | None:
        token = refresh_token_in(request._request)
        if token is None:
            return None
        with forgeries_noted(client_of(request._request)):
            claims = tokens.read(token, "refresh")
        # Rate limits count it by its session, as they do a token in the body.
        return RefreshCookie(token, f"session:{claims.session_id}"), None

    def authenticate_header(self, request: Request) -> str:
        return BEARER_CHALLENGE
