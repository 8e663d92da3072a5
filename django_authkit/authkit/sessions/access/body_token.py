"""The base of views whose credential is a token in the body, and what a rate limit counts there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from authkit.core.http import tags
from authkit.core.http.views import PublicView
from authkit.errors import TokenInvalid
from authkit.sessions import tokens
from authkit.sessions.tokens import TokenType


class BodyTokenView(PublicView):
    """For holders of a token that is sent in the body, as OAuth 2.0 does (RFC 6749 section 6).

    Rate limits count such a request by the session of its token, so that clients behind one IP
    share none; without a token that is authentic and unexpired, by the client IP as everywhere.
    Takes no query: whether the session is live is for the flow.
    """

    tag = tags.TOKENS
    #: The member of the body that holds it.
    sent_as: ClassVar[str]
    token_types: ClassVar[tuple[TokenType, ...]]

    _counted_as: str | None = None

    def check_throttles(self, request: Request) -> None:
        if not self.get_throttles():
            return
        try:
            self._counted_as = self._session_of(self.presented_token(request))
        finally:  # a body that cannot be parsed counts as well
            super().check_throttles(request)

    def get_throttles(self) -> list[BaseThrottle]:
        throttles = super().get_throttles()
        if (client := self._counted_as) is not None:
            for throttle in throttles:
                # The hook of REST framework's throttles, and of ours.
                vars(throttle)["get_ident"] = lambda request: client
        return throttles

    def presented_token(self, request: Request) -> Any:
        """Return what the client has sent as the token, which may be anything."""
        return request.data.get(self.sent_as) if isinstance(request.data, Mapping) else None

    def _session_of(self, token: Any) -> str | None:
        try:
            claims = tokens.read(token, *self.token_types) if isinstance(token, str) else None
        except TokenInvalid:
            return None
        return None if claims is None or claims.has_expired() else f"session:{claims.session_id}"
