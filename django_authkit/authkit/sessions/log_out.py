"""Log-out by refresh token, which is revocation by RFC 7009. No HTTP here."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from authkit.core import clock
from authkit.errors import TokenInvalid
from authkit.events.flows import record
from authkit.sessions import tokens
from authkit.sessions.models import (
    Session,
    revocation_by_token,
    sessions_by_id,
)
from authkit.sessions.revoke import end
from authkit.sessions.tokens import Claims
from authkit.sessions.validate import belong_together
from authkit.signals import session_ended


def log_out(refresh_token: str) -> None:
    """End the session that a refresh token belongs to, also one that was spent or has expired.

    A foreign token changes nothing.
    """
    try:
        claims = tokens.read(refresh_token, "refresh")
    except TokenInvalid:
        return
    if tokens.name_users_by_primary_key() and not session_ended.has_listeners(Session):
        _end_unread(claims, "log_out")
        return
    session = sessions_by_id.get(id=claims.session_id)
    if session is not None and belong_together(claims, session):
        end(session, "log_out")


def _end_unread(claims: Claims, reason: str) -> None:
    """Revoke the session of a token, where nobody has to be shown it, in one statement."""
    try:
        user_id = get_user_model()._meta.pk.clean(claims.user_id, None)
        ends = clock.at(claims.payload["exp"]) - timedelta.resolution
    except (ValidationError, OverflowError):
        return  # a token of another project that has the same key
    if revocation_by_token.run(id=claims.session_id, user=user_id, now=clock.now(), ends=ends):
        record("session_ended", user=user_id, session=claims.session_id, reason=reason)
