from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from functools import partial

from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError

from authkit.api_keys.models import APIKey
from authkit.core.db.retry import atomic_with_retry
from authkit.core.factors import has_second_factor, remove_all
from authkit.core.identity.users import AuthUser
from authkit.core.mail.mailer import tell_owner
from authkit.errors import AccountInUse, AlreadyTaken, InvalidCredentials
from authkit.events.flows import pseudonymise, record
from authkit.factors.flows import verify_code
from authkit.passwords.attempts import unlock_passwords
from authkit.passwords.proof import try_password
from authkit.sessions.models import Session
from authkit.sessions.revoke import revoke_other_sessions, tell_ended
from authkit.signals import account_deleted


def change_profile(user: AuthUser, names: Iterable[str], save: Callable[[], object]) -> None:
    """Change the user's own columns by calling ``save``, and record the change.

    :param names: the names of the changed columns, for the security event.
    :raises AlreadyTaken: another user has a value that must be unique.
    """
    try:
        atomic_with_retry(save, type(user))
    except IntegrityError:
        raise AlreadyTaken from None
    record("profile_changed", user=user.pk, changed=sorted(names))


def delete_account(user: AuthUser, session: Session, password: str, code: str | None) -> None:
    """Delete a user with all sessions, API keys and factors; pseudonymise their events.

    :param code: of the second factor; required if the account has one.
    :raises InvalidCredentials: the password is wrong.
    :raises CodeInvalid: the code is wrong, or required and missing.
    :raises AttemptsExceeded: too many passwords or codes were wrong; also AccountLocked.
    :raises AccountInUse: records of the project refer to the user; nothing has been changed.
    """
    if not try_password(user, session, password):
        record("account_deletion_failed", user=user.pk, session=session.pk)
        raise InvalidCredentials
    if has_second_factor(user):
        verify_code(user, code or "")
    try:
        ended = atomic_with_retry(partial(_delete, user), type(user))
    except (ProtectedError, RestrictedError, IntegrityError):
        raise AccountInUse from None
    tell_ended(ended)
    record("account_deleted", user=user.pk)
    pseudonymise(user)  # again: the event that was just recorded names the user
    account_deleted.send_robust(sender=type(user), user=user)
    tell_owner(user, "account_deleted")


def _delete(user: AuthUser) -> list[Session]:
    # A project's delete() may keep the row, so every credential is revoked here.
    ended = revoke_other_sessions(user, None)
    APIKey.objects.of(user).revoke()
    remove_all(user)
    unlock_passwords(user)
    pseudonymise(user)
    # Django clears the primary key of a deleted instance, and receivers of signals need it.
    copy(user).delete()
    return ended
