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
    """Let ``save`` write what a user may change about themselves.

    :param names: what it writes, for the log.
    :raises AlreadyTaken: somebody else has a value that only one can have.
    """
    try:
        atomic_with_retry(save, type(user))
    except IntegrityError:
        raise AlreadyTaken from None
    record("profile_changed", user=user.pk, changed=sorted(names))


def delete_account(user: AuthUser, session: Session, password: str, code: str | None) -> None:
    """Delete a user and what is theirs, for good.

    :param code: of the second factor; needed where there is one.
    :raises InvalidCredentials: the password is wrong.
    :raises CodeInvalid: the code is wrong, or needed and missing.
    :raises AttemptsExceeded: too many of either were; also AccountLocked.
    :raises AccountInUse: records of the project keep the user; nothing has been changed.
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
    pseudonymise(user)  # again: what has just been recorded is theirs too
    account_deleted.send_robust(sender=type(user), user=user)
    tell_owner(user, "account_deleted")


def _delete(user: AuthUser) -> list[Session]:
    # A project's delete() may keep the row, and does not have to know what opens the account.
    ended = revoke_other_sessions(user, None)
    APIKey.objects.of(user).revoke()
    remove_all(user)
    unlock_passwords(user)
    pseudonymise(user)
    # Django takes the primary key from what it deletes. Those who are told want it.
    copy(user).delete()
    return ended
