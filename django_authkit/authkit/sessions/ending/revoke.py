"""Ending sessions: log-out and revocation (RFC 7009). No HTTP here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry
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

#: The reason that events and signals have where an administrator ended it.
ENDED_BY_ADMINISTRATOR = "ended_by_administrator"


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
    tell_ended(atomic_with_retry(partial(revoke_other_sessions, user, current), Session))


def end_sessions(user: AuthUser, *, actor: Any, note: str | None) -> None:
    """Revoke all sessions of a user on behalf of an administrator.

    :param actor: the primary key of the administrator.
    :param note: the administrator's reason.
    """
    reason = ENDED_BY_ADMINISTRATOR
    revoke = partial(revoke_other_sessions, user, None, reason, actor=actor, note=note)
    tell_ended(atomic_with_retry(revoke, Session), reason)


def revoke_other_sessions(
    user: AuthUser,
    current: Session | None,
    reason: str = "ended_by_user",
    *,
    actor: Any = None,
    note: str | None = None,
) -> list[Session]:
    """Revoke and record within the transaction of the caller; return what has ended.

    Call :func:`tell_ended` after the transaction, which may still be rolled back.
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
    ended += batch
    record_ends(ended, {"reason": reason, "actor": actor, "note": note})
    return ended


def tell_ended(sessions: Iterable[Session], reason: str = "ended_by_user") -> None:
    """Signal the end of each session."""
    for session in sessions:
        _send_end(session, reason)


def record_ends(ended: Sequence[Session], facts: Facts) -> None:
    """Record the ends of sessions of one user.

    One session is an event of its own; several are one event with their count.
    """
    if len(ended) == 1:
        record("session_ended", user=ended[0].user_id, session=ended[0].pk, **facts)
    elif ended:
        facts["count"] = len(ended)
        record("sessions_ended", user=ended[0].user_id, **facts)


def end(session: Session, reason: str, *, actor: Any = None) -> bool:
    """Revoke a session, record and signal it; return False if it had ended before (idempotent).

    :param actor: the primary key of the administrator who does it, if one does.
    """
    if not revocation.run(id=session.pk, now=clock.now(), since=clock.earliest()):
        return False
    record("session_ended", user=session.user_id, session=session.pk, reason=reason, actor=actor)
    _send_end(session, reason)
    return True


def _send_end(session: Session, reason: str) -> None:
    session_ended.send_robust(sender=Session, session=session, reason=reason)
