"""Log-out by refresh token: token revocation (RFC 7009). No HTTP here."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from authkit.core import clock
from authkit.errors import TokenInvalid
from authkit.events.flows import record
from authkit.sessions import tokens
from authkit.sessions.ending.revoke import end
from authkit.sessions.models import Session, revocation_by_token
from authkit.sessions.tokens import Claims
from authkit.sessions.validate import belong_together
from authkit.signals import session_ended


def log_out(refresh_token: str) -> None:
    """Revoke the session of a refresh token, also of a spent or expired one; idempotent.

    It holds on every server whose clock differs by no more than a minute.

    Every other token is ignored (RFC 7009 section 2.2).
    """
    try:
        claims = tokens.authentic(refresh_token, "refresh")
    except TokenInvalid:
        return
    if tokens.user_id_is_primary_key() and not session_ended.has_listeners(Session):
        _end_unread(claims, "log_out")
        return
    # Of a user whom the default manager hides, too: a log-out is final also if it shows them again.
    session = Session.objects.select_related("user").filter(pk=claims.session_id).first()
    if session is not None and belong_together(claims, session):
        end(session, "log_out")


def _end_unread(claims: Claims, reason: str) -> None:
    """Revoke the session of a token in one statement, where no receiver needs its row."""
    try:
        user_id = get_user_model()._meta.pk.clean(claims.user_id, None)
        ends = clock.at(claims.payload["exp"]) - timedelta.resolution
    except (ValidationError, OverflowError):
        return  # a token of another project that has the same key
    moments = {"now": clock.now(), "since": clock.earliest(), "ends": ends}
    if revocation_by_token.run(id=claims.session_id, user=user_id, **moments):
        record("session_ended", user=user_id, session=claims.session_id, reason=reason)
