"""What a new hash of the password means to the sessions of its user. No HTTP here."""

from __future__ import annotations

from authkit.core.identity.users import AuthUser
from authkit.errors import TokenInvalid
from authkit.sessions.models import Session, password_fingerprint


def keep_sessions(before: AuthUser, after: AuthUser) -> None:
    """Let the sessions of a user live on whose password has another hash and is the same."""
    mine = Session.objects.of(after).filter(password_fingerprint=password_fingerprint(before))
    mine.update(password_fingerprint=password_fingerprint(after))


def follow_password_change(session: Session) -> None:
    """Let the session in which its user has just changed the password live on.

    :raises TokenInvalid: it has ended meanwhile.
    """
    session.password_fingerprint = password_fingerprint(session.user)
    mine = Session.objects.live().filter(pk=session.pk)
    if not mine.update(password_fingerprint=session.password_fingerprint):
        raise TokenInvalid
