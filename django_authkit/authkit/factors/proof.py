"""Proof of what takes an account over, in the body of that very request. No HTTP here.

A fresh access token is no such proof, since it can be copied. Wrong passwords and codes count as
at every other endpoint: brute force has one budget.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Set
from typing import TypeVar

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from authkit.core import factors
from authkit.core.db.retry import atomic_with_retry
from authkit.core.factors import Factor, has_second_factor
from authkit.core.identity.users import AuthUser
from authkit.errors import CodeInvalid, InvalidCredentials, StepUpRequired
from authkit.events.flows import record
from authkit.factors.flows import spend_code
from authkit.passwords.checking.proof import has_password, may_have_password, try_password
from authkit.passwords.owner_lock import lock_owner
from authkit.sessions.models import Session
from authkit.sessions.validate import RECENT_SECONDS

T = TypeVar("T")


def prove_owner(
    user: AuthUser,
    session: Session,
    change: Callable[[Set[str]], T],
    *,
    password: str | None,
    code: str | None,
    recent: bool,
    failed: str,
    every: bool = False,
) -> T:
    """Check password or code; then spend the code and make the change in one transaction.

    What the account does not have is not asked for: a password, a second factor. Where it has
    neither, a recent log-in does.

    :param change: called with the rows of the owner locked (:func:`lock_proof`); what it returns
        is returned. It is given what has been proved, of ``"password"`` and ``"code"``.
    :param recent: whether the user has logged in, or authenticated again, recently.
    :param failed: the event of a wrong password.
    :param every: password and code are required, as far as the account has them; else one does.
    :raises ValidationError: what is required is missing.
    :raises InvalidCredentials: the password is wrong.
    :raises CodeInvalid: the code is.
    :raises AttemptsExceeded: too many of either were wrong; also AccountLocked.
    :raises StepUpRequired: the account has neither, and the log-in is too old.
        Else as :func:`lock_proof`.
    """
    version = factors.version(user)
    factor_is_on = has_second_factor(user)
    checkable = {"password": may_have_password(user), "code": factor_is_on}
    given = {"password": password, "code": code}
    sent = {name for name in given if given[name] is not None and checkable[name]}
    there = {"password": has_password(user, session), "code": factor_is_on}
    wanted = [name for name, is_there in there.items() if is_there]
    missing = [name for name in wanted if name not in sent]
    if missing and (every or missing == wanted):
        raise _required(missing[:1] if not every else missing)
    if not sent and not recent:
        raise _step_up(user, session)
    if password is not None and "password" in sent:
        _check_password(user, session, password, failed)

    def make(factor: Factor | None = None) -> T:
        lock_proof(user, session, version)
        return change(sent)  # wrong ones have been refused by now

    if code is not None and "code" in sent:
        return spend_code(user, code, make)
    return atomic_with_retry(make, type(user))


def prove_for_set_up(
    user: AuthUser,
    session: Session | None,
    code: str | None,
    store: Callable[[str], T],
    *,
    recent: bool,
) -> T:
    """Check the code that replaces a factor, or that the log-in for a first one is recent.

    :param session: of the request, if there is one.
    :param store: stores the set-up, in the transaction that spends the code; it is given the
        version of the factors that the set-up replaces.
    :raises ValidationError: the code is missing; else as :func:`prove_owner`.
    """
    version = factors.version(user)
    if not has_second_factor(user):
        if not recent:
            raise _step_up(user, session)
        return store(version)
    if code is None:
        raise _required(["code"])
    return spend_code(user, code, lambda factor: store(version))


def lock_proof(user: AuthUser, session: Session, version: str) -> None:
    """Lock the rows of the owner for the change that has been proved; see :func:`lock_owner`.

    :param version: of the factors when the proof was checked.
    :raises SessionEnded: session, password or account have changed since.
    :raises CodeInvalid: a factor has been turned on or off, or replaced, since.
    """
    lock_owner(user, session)
    if factors.version(user) != version:
        raise CodeInvalid


def _check_password(user: AuthUser, session: Session, password: str, failed: str) -> None:
    if not try_password(user, session, password):
        record(failed, user=user.pk, session=session.pk)
        raise InvalidCredentials


def _step_up(user: AuthUser, session: Session | None) -> StepUpRequired:
    """Record that the log-in is too old (ASVS 5.0, 16.3.2), and return what to raise."""
    record("step_up_required", user=user.pk, session=session.pk if session else None)
    return StepUpRequired(RECENT_SECONDS)


def _required(names: Collection[str]) -> ValidationError:
    return ValidationError({name: [_("This field is required.")] for name in names}, "required")
