"""Ending sessions: log-out and revocation (RFC 7009). No HTTP here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

from authkit.core import clock
from authkit.core.db.retry import retry_on_conflict
from authkit.core.event_kinds import Facts
from authkit.core.identity.users import AuthUser
from authkit.events.flows import record
from authkit.sessions.models import (
    Session,
    SessionQuerySet,
    accepted_fingerprints,
    revocation,
)
from authkit.signals import session_ended

#: How many sessions one statement reads or ends: an account may have any number of them.
BATCH = 500


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
    ended: list[Session] = []
    rest = others.order_by("pk")
    while len(batch := list(rest[:BATCH])) == BATCH:
        others.filter(pk__in=[session.pk for session in batch]).update(revoked_at=clock.now())
        ended += batch
        rest = rest.filter(pk__gt=batch[-1].pk)
    others.update(revoked_at=clock.now())  # also those that were opened meanwhile
    return ended + batch


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
    """Record the ends of sessions of one user, and signal each.

    One session is an event of its own; several are one event with their count.
    """
    ended = list(sessions)
    facts: Facts = {"reason": reason, "actor": actor, "note": note}
    if len(ended) == 1:
        record("session_ended", user=ended[0].user_id, session=ended[0].pk, **facts)
    elif ended:
        facts["count"] = len(ended)
        record("sessions_ended", user=ended[0].user_id, **facts)
    for session in ended:
        _send_end(session, reason)


def end(session: Session, reason: str) -> bool:
    """Revoke a session, record and signal it; return False if it had ended before (idempotent)."""
    if not revocation.run(id=session.pk, now=clock.now(), since=clock.earliest()):
        return False
    record("session_ended", user=session.user_id, session=session.pk, reason=reason)
    _send_end(session, reason)
    return True


def _send_end(session: Session, reason: str) -> None:
    session_ended.send_robust(sender=Session, session=session, reason=reason)
