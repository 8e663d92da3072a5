"""Proof that a user knows the password. No HTTP here."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from authkit.core.identity.users import AuthUser
from authkit.passwords.attempts import count_in_session
from authkit.passwords.rehash import guard_rehash
from authkit.sessions.models import Session


def is_password(user: AuthUser, password: str) -> bool:
    """Say whether this is the user's password. A re-hash of it ends no session."""
    try:
        with guard_rehash(password):
            return user.check_password(password)
    except PermissionDenied:
        return False


def try_password(user: AuthUser, session: Session, password: str) -> bool:
    """Say whether this is the password of a logged-in user; a wrong one is counted.

    :raises AttemptsExceeded: too many passwords were wrong in the window of this session.
    :raises AccountLocked: lockout after too many in a row in this session.
    """
    counter = count_in_session(user, session)
    right = is_password(user, password)
    if right:
        counter.forgive()
    return right
