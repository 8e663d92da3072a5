from __future__ import annotations

from functools import partial

from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.one_time_links import follow_new_password
from authkit.core.identity.users import AuthUser
from authkit.core.mail.mailer import tell_owner
from authkit.errors import InvalidCredentials
from authkit.events.flows import record
from authkit.passwords.checking.attempts import reset_password_failures
from authkit.passwords.checking.hashing import hashing_place
from authkit.passwords.checking.proof import try_password
from authkit.passwords.policy import require_acceptable
from authkit.passwords.stored import store_password
from authkit.sessions.models import Session
from authkit.sessions.password_changes import follow_password_change
from authkit.sessions.revoke import revoke_other_sessions, tell_ended
from authkit.signals import password_changed


def change_password(user: AuthUser, session: Session, current: str, new: str) -> None:
    """Set a new password; end every other session of the user (ASVS 5.0, 7.4.3).

    :raises InvalidCredentials: ``current`` is wrong, or a concurrent request has changed it.
    :raises SessionEnded: a concurrent request has ended the session.
    :raises AttemptsExceeded: too many passwords were wrong in this session.
    :raises AccountLocked: lockout after too many in a row in this session.
    :raises ValidationError: the project's validators refuse ``new``.
    """
    if not try_password(user, session, current):
        raise _wrong_password(user, session)
    replaced = user.password
    require_acceptable(new, user)
    with hashing_place():
        user.set_password(new)
    try:
        ended = atomic_with_retry(partial(_store, user, session, replaced), type(user))
    except InvalidCredentials:  # recorded here: the transaction is rolled back
        raise _wrong_password(user, session) from None
    tell_ended(ended)
    password_changed.send_robust(sender=type(user), user=user)
    tell_owner(user, "password_changed")


def _store(user: AuthUser, session: Session, replaced: str) -> list[Session]:
    if not store_password(user, over=replaced):
        raise InvalidCredentials
    follow_password_change(session)
    follow_new_password(user, replaced)
    reset_password_failures(user)
    ended = revoke_other_sessions(user, session)
    record("password_changed", user=user.pk, session=session.pk)
    return ended


def _wrong_password(user: AuthUser, session: Session) -> InvalidCredentials:
    record("password_change_failed", user=user.pk, session=session.pk)
    return InvalidCredentials()
