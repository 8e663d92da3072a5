"""Requests under way see what an owner has changed since they were authenticated. No HTTP here."""

from __future__ import annotations

from django.db import router

from authkit.core.identity.users import AuthUser
from authkit.errors import SessionEnded
from authkit.passwords.stored import lock_if_unchanged
from authkit.sessions.lock import lock_live_session
from authkit.sessions.models import Session


def lock_owner(user: AuthUser, session: Session | None) -> None:
    """Lock the rows of a user and of the session of a request until the transaction ends.

    Without a session (a log-in under way, a command) it is the user alone.

    Every flow begins with it that changes factors, e-mail or password, or deletes the account: of
    two concurrent ones the second sees what the first has done.

    :raises SessionEnded: since the request was authenticated the session has ended, the password
        has changed, or the account has been deactivated.
    """
    unchanged = lock_if_unchanged(user, user.password, using=router.db_for_write(type(user)))
    if not unchanged or not (session is None or lock_live_session(session.pk)):
        raise SessionEnded
