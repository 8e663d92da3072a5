"""Ending sessions: log-out and revocation (RFC 7009). No HTTP here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.identity.users import AuthUser
from authkit.events.flows import record, record_ends
from authkit.sessions.models import (
    Session,
    SessionQuerySet,
    accepted_fingerprints,
    revocation,
)
from authkit.signals import session_ended


def live_sessions(user: AuthUser) -> SessionQuerySet:
    """Return the user's sessions whose tokens may still be valid, most recently used first."""
    fingerprints = list(accepted_fingerprints(user))
    return Session.objects.of(user).live().filter(password_fingerprint__in=fingerprints)


def end_session(user: AuthUser, session_id: UUID) -> bool:
    """Revoke one live session of the user; return False if the user has none with this id."""
    session = live_sessions(user).filter(pk=session_id).first()
    return session is not None and end(session, "ended_by_user")


def end_other_sessions(user: AuthUser, current: Session | None) -> None:
    """Revoke all sessions of the user except this one, pending sessions included."""
    tell_ended(retry_on_conflict(partial(revoke_other_sessions, user, current), Session))


def revoke_other_sessions(user: AuthUser, current: Session | None) -> list[Session]:
    """Do what :func:`end_other_sessions` does, and return the sessions for :func:`tell_ended`.

    Call that after the transaction, which may still be rolled back.
    """
    others = Session.objects.of(user).unended()
    if current is not None:
        others = others.exclude(pk=current.pk)
    ending = list(others)
    others.update(revoked_at=clock.now())
    return ending


def end_sessions(user: AuthUser, *, actor: Any, note: str | None) -> None:
    """Revoke all sessions of a user on behalf of an administrator.

    :param actor: the primary key of the administrator.
    :param note: the administrator's reason.
    """
    ended = retry_on_conflict(partial(revoke_other_sessions, user, None), Session)
    tell_ended(ended, "ended_by_administrator", actor=actor, note=note)


def tell_ended(
    sessions: Iterable[Session],
    reason: str = "ended_by_user",
    *,
    actor: Any = None,
    note: str | None = None,
) -> None:
    ended = list(sessions)
    pairs = [(session.pk, session.user_id) for session in ended]
    record_ends(pairs, reason=reason, actor=actor, note=note)
    for session in ended:
        _send_end(session, reason)


def end(session: Session, reason: str) -> bool:
    """Revoke a session, record and signal it; return False if it had ended before (idempotent)."""
    if not revocation.run(id=session.pk, now=clock.now()):
        return False
    record("session_ended", user=session.user_id, session=session.pk, reason=reason)
    _send_end(session, reason)
    return True


def _send_end(session: Session, reason: str) -> None:
    session_ended.send_robust(sender=Session, session=session, reason=reason)
