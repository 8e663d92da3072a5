"""Proof that a user knows the password. No HTTP here."""

from __future__ import annotations

from django.contrib.auth.hashers import is_password_usable
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import router

from authkit.core.identity.users import AuthUser
from authkit.errors import HashingBusy
from authkit.passwords.checking.attempts import count_in_session
from authkit.passwords.checking.rehash import guard_rehash
from authkit.sessions.models import Session


def is_password(user: AuthUser, password: str) -> bool:
    """Say whether this is the user's password. A re-hash of it ends no session."""
    try:
        with guard_rehash(password):
            return user.check_password(password)
    except PermissionDenied:
        return False


def as_on_primary(user: AuthUser, password: str) -> AuthUser | None:
    """Return a user that a backend has authenticated, as the primary has them; None if it refuses.

    Backends read the user where the project's routers say. A replica that is late may still have
    the password before the last one, or a user who has been deactivated or deleted.
    """
    primary = router.db_for_write(type(user))
    if user._state.db in (primary, None):
        return user
    checked = user.password
    try:
        user.refresh_from_db(using=primary)
    except ObjectDoesNotExist:
        return None
    if user.password == checked or is_password(user, password):
        return user
    # Without a local password, e.g. with LDAP, the backend has asked elsewhere.
    is_local = user.has_usable_password() or is_password_usable(checked)
    return None if is_local else user


def try_password(user: AuthUser, session: Session, password: str) -> bool:
    """Say whether this is the password of a logged-in user; a wrong one is counted.

    :raises AttemptsExceeded: too many passwords were wrong in the window of this session.
    :raises AccountLocked: lockout after too many in a row in this session.
    """
    counter = count_in_session(user, session)
    try:
        right = is_password(user, password)
    except HashingBusy:
        counter.take_back()
        raise
    if right:
        counter.forgive()
    return right
