from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from copy import copy
from functools import partial
from typing import Any, TypeVar

from django.db import IntegrityError
from django.db.models import Manager, ProtectedError, RestrictedError

from authkit.accounts.confirmed.confirmation import (
    mail_confirmation,
    needs_confirmation,
    spend_bound,
)
from authkit.api_keys.models import APIKey
from authkit.core.db.retry import atomic_with_retry
from authkit.core.factors import remove_all
from authkit.core.identity.models import Purpose
from authkit.core.identity.one_time_links import FoundLink
from authkit.core.identity.users import AuthUser
from authkit.core.mail.mailer import tell_owner
from authkit.errors import AccountInUse, AlreadyTaken
from authkit.events.flows import pseudonymise, record
from authkit.factors.proof import prove_owner
from authkit.passwords.checking.attempts import unlock_passwords
from authkit.sessions.ending.revoke import revoke_other_sessions, tell_ended
from authkit.sessions.models import Session
from authkit.signals import account_deleted

T = TypeVar("T")

#: What differs from every value.
_MISSING = object()


def change_profile(user: AuthUser, values: Mapping[str, Any], save: Callable[[], object]) -> None:
    """Change the user's own columns by calling ``save``, and record what changes.

    Values that the user has already are neither written nor recorded.

    :param values: the new values by the names of their columns.
    :raises AlreadyTaken: another user has a value that must be unique.
    """
    changed = sorted(name for name, value in values.items() if _differs(user, name, value))
    if not changed:
        return

    def save_and_record() -> None:
        save()
        record("profile_changed", user=user.pk, changed=changed)

    try:
        atomic_with_retry(save_and_record, type(user))
    except IntegrityError:
        raise AlreadyTaken from None


def delete_account(
    user: AuthUser, session: Session, *, password: str | None, code: str | None, recent: bool
) -> bool:
    """Delete a user with all sessions, API keys and factors; pseudonymise their events.

    The account's password and a code of its second factor are required, as far as it has them.
    Where the request :func:`needs_confirmation`, a link is mailed that does it.

    Returns whether the account is deleted.

    :raises AccountInUse: records of the project refer to the user; nothing has been changed.
    :raises SessionEnded: a concurrent request has ended the session, or changed the password.
        Else as :func:`prove_owner`, whose arguments these are.
    """
    ended = _unless_in_use(
        partial(
            prove_owner,
            user,
            session,
            partial(_delete_or_ask, user, session),
            password=password,
            code=code,
            recent=recent,
            failed="account_deletion_failed",
            every=True,
        )
    )
    if ended is not None:
        _tell_deleted(user, ended)
    return ended is not None


def delete_confirmed(found: FoundLink, password: str | None) -> None:
    """Delete the account of a link, as :func:`delete_account` does.

    :raises AccountInUse: records of the project refer to the user; the link stays valid.
    :raises LinkInvalid: as :func:`spend_bound`.
    """
    delete = partial(_delete_confirmed, found)
    ended = _unless_in_use(partial(atomic_with_retry, delete, type(found.user)))
    _tell_deleted(found.user, ended)


def _unless_in_use(delete: Callable[[], T]) -> T:
    try:
        return delete()
    except (ProtectedError, RestrictedError, IntegrityError):
        raise AccountInUse from None


def _tell_deleted(user: AuthUser, ended: list[Session]) -> None:
    tell_ended(ended)
    account_deleted.send_robust(sender=type(user), user=user)
    tell_owner(user, "account_deleted")


def _differs(user: AuthUser, name: str, value: Any) -> bool:
    present = getattr(user, name, _MISSING)
    if isinstance(present, Manager):
        return set(present.all()) != set(value)
    return bool(present is _MISSING or present != value)


def _delete_or_ask(user: AuthUser, session: Session, proved: Set[str]) -> list[Session] | None:
    """Delete the account, or mail the link that does; return None for the latter."""
    if not needs_confirmation(user, proved):
        return _delete(user)
    record("account_deletion_requested", user=user.pk, session=session.pk)
    mail_confirmation(Purpose.DELETION_CONFIRMATION, user, session)
    return None


def _delete_confirmed(found: FoundLink) -> list[Session]:
    return _delete(spend_bound(found).user)


def _delete(user: AuthUser) -> list[Session]:
    # A project's delete() may keep the row, so every credential is revoked here.
    ended = revoke_other_sessions(user, None)
    APIKey.objects.of(user).revoke()
    remove_all(user)
    unlock_passwords(user)
    record("account_deleted", user=user.pk)
    pseudonymise(user)
    # Django clears the primary key of a deleted instance, and receivers of signals need it.
    copy(user).delete()
    return ended
