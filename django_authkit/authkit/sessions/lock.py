"""A session's row, locked. Apart from :mod:`authkit.sessions.validate`, which loads PyJWT."""

from __future__ import annotations

from uuid import UUID

from authkit.sessions.models import Session, sessions_by_id


def lock_live_session(session_id: UUID | None) -> bool:
    """Lock the row of a session until the transaction ends; return False if it is not live now.

    The row is written as it is: a concurrent revocation has been seen, or waits.
    """
    if session_id is None:
        return False
    if not Session.objects.live().filter(pk=session_id).update(pending_until=None):
        return False
    session = sessions_by_id.get(id=session_id)
    return session is not None and session.is_live()
