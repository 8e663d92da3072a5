"""Requests under way see what an owner has changed since they were authenticated. No HTTP here."""

from __future__ import annotations

from django.db import router

from authkit.core.identity.users import AuthUser
from authkit.errors import SessionEnded
from authkit.passwords.stored import lock_if_unchanged
from authkit.sessions.lock import lock_live_session
from authkit.sessions.models import Session


def lock_owner(user: AuthUser, session: Session) -> None:
    """Lock the rows of a user and of the session of a request until the transaction ends.

    Every flow begins with it that changes factors, e-mail or password, or deletes the account: of
    two concurrent ones the second sees what the first has done.

    :raises SessionEnded: since the request was authenticated the session has ended, the password
        has changed, or the account has been deactivated.
    """
    lock_unchanged(user)
    if not lock_live_session(session.pk):
        raise SessionEnded


def lock_unchanged(user: AuthUser) -> None:
    """Lock the row of a user, where there is no session: a log-in under way, or a command.

    :raises SessionEnded: since the user was read the password has changed, or the account has been
        deactivated.
    """
    if not lock_if_unchanged(user, user.password, using=router.db_for_write(type(user))):
        raise SessionEnded
