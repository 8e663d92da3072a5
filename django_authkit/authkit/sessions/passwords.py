"""What a password means to the sessions of its user. No HTTP here."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from authkit.core.users import AuthUser
from authkit.errors import TokenInvalid
from authkit.sessions.attempts import count_in_session
from authkit.sessions.models import Session, password_fingerprint
from authkit.sessions.replaced_hash import guard_upgrade


def keep_sessions(before: AuthUser, after: AuthUser) -> None:
    """Let the sessions of a user live on whose password has another hash and is the same."""
    mine = Session.objects.of(after).filter(password_fingerprint=password_fingerprint(before))
    mine.update(password_fingerprint=password_fingerprint(after))


def is_password(user: AuthUser, password: str) -> bool:
    """Say whether this is the user's password. Hashing it anew ends no session."""
    try:
        with guard_upgrade(password):
            return user.check_password(password)
    except PermissionDenied:
        return False


def try_password(user: AuthUser, session: Session, password: str) -> bool:
    """Say whether this is the password of a user who is logged in; a wrong one is counted.

    :raises AttemptsExceeded: too many were wrong in this session.
    :raises AccountLocked: the same, and time alone will not help.
    """
    counter = count_in_session(user, session)
    right = is_password(user, password)
    if right:
        counter.forgive()
    return right


def follow_password_change(session: Session) -> None:
    """Let the session in which its user has just changed the password live on.

    :raises TokenInvalid: it has ended meanwhile.
    """
    session.password_fingerprint = password_fingerprint(session.user)
    mine = Session.objects.live().filter(pk=session.pk)
    if not mine.update(password_fingerprint=session.password_fingerprint):
        raise TokenInvalid
