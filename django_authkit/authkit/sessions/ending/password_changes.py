"""Which sessions survive a new hash of the user's password. No HTTP here."""

from __future__ import annotations

from authkit.core.identity.users import AuthUser
from authkit.errors import SessionEnded
from authkit.sessions.models import Session, password_fingerprint


def keep_sessions(before: AuthUser, after: AuthUser) -> None:
    """Keep the sessions of a user whose password has been rehashed and is the same."""
    mine = Session.objects.of(after).filter(password_fingerprint=password_fingerprint(before))
    mine.update(password_fingerprint=password_fingerprint(after))


def follow_password_change(session: Session) -> None:
    """Keep the session in which its user has just changed the password.

    :raises SessionEnded: the session has ended since.
    """
    session.password_fingerprint = password_fingerprint(session.user)
    mine = Session.objects.live().filter(pk=session.pk)
    if not mine.update(password_fingerprint=session.password_fingerprint):
        raise SessionEnded
