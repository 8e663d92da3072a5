from __future__ import annotations

from functools import partial

from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.one_time_links import follow_new_password
from authkit.core.identity.users import AuthUser
from authkit.core.mail.mailer import tell_owner
from authkit.errors import InvalidCredentials, NoPassword, PasswordManagedElsewhere
from authkit.events.flows import record
from authkit.passwords.checking.attempts import reset_password_failures
from authkit.passwords.checking.backends import asks_elsewhere, is_password
from authkit.passwords.checking.hashing import hashing_place
from authkit.passwords.checking.proof import may_have_password, try_password
from authkit.passwords.policy import require_acceptable
from authkit.passwords.stored import store_password
from authkit.sessions.ending.password_changes import follow_password_change
from authkit.sessions.ending.revoke import revoke_other_sessions, tell_ended
from authkit.sessions.models import Session
from authkit.signals import password_changed


def change_password(user: AuthUser, session: Session, current: str, new: str) -> None:
    """Set a new password; end every other session of the user (ASVS 5.0, 7.4.3).

    :raises NoPassword: the account has none that could be changed.
    :raises PasswordManagedElsewhere: ``current`` is right, and not the password that is stored.
        The user would go on logging in with it after a change of the stored one.
    :raises InvalidCredentials: ``current`` is wrong, or a concurrent request has changed it.
    :raises SessionEnded: a concurrent request has ended the session.
    :raises AttemptsExceeded: too many passwords were wrong in this session.
    :raises AccountLocked: lockout after too many in a row in this session.
    :raises ValidationError: the project's validators refuse ``new``.
    """
    if not may_have_password(user):
        raise NoPassword
    if not try_password(user, session, current):
        raise _wrong_password(user, session)
    if asks_elsewhere() and not is_password(user, current):
        raise PasswordManagedElsewhere
    replaced = user.password
    require_acceptable(new, user)
    with hashing_place():
        user.set_password(new)
    try:
        ended = atomic_with_retry(partial(replace_own, user, session, replaced), type(user))
    except InvalidCredentials:  # recorded here: the transaction is rolled back
        raise _wrong_password(user, session) from None
    tell_changed(user, ended)


def tell_changed(user: AuthUser, ended: list[Session]) -> None:
    """Tell the project and the owner that a password has been replaced, and sessions ended."""
    tell_ended(ended)
    password_changed.send_robust(sender=type(user), user=user)
    tell_owner(user, "password_changed")


def replace_own(user: AuthUser, session: Session, replaced: str) -> list[Session]:
    """Store the new password that is set on ``user``; end the other sessions, and return them.

    Called within a transaction.

    :param replaced: the hash that was stored before.
    :raises InvalidCredentials: a concurrent request has changed it.
    :raises SessionEnded: a concurrent request has ended the session.
    """
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
