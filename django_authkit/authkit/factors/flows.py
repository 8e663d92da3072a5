"""What can happen to the second factor of an account, whichever it is. No HTTP here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.utils.module_loading import import_string

from authkit.conf import conf
from authkit.core import factors
from authkit.core.db.best_effort import best_effort
from authkit.core.db.retry import atomic_with_retry
from authkit.core.factors import Factor, Verifier
from authkit.core.identity.models import BOUND
from authkit.core.identity.one_time_links import forget
from authkit.core.identity.users import AuthUser
from authkit.core.mail.mailer import tell_owner
from authkit.errors import CodeInvalid
from authkit.events.flows import record
from authkit.factors.attempts import count_code, forgive_codes
from authkit.factors.models import CodeAttempts
from authkit.passwords.checking.attempts import unlock_passwords
from authkit.passwords.stored import lock_user
from authkit.sessions.assurance import lower_assurance
from authkit.sessions.ending.revoke import revoke_other_sessions, tell_ended
from authkit.sessions.models import Session
from authkit.signals import second_factor_disabled

T = TypeVar("T")

logger = logging.getLogger("authkit.database")

#: For projects, which name it here.
has_second_factor = factors.has_second_factor


def must_have_second_factor(user: AuthUser) -> bool:
    """Say what ``AUTHKIT["SECOND_FACTOR_REQUIRED"]`` says of this user."""
    required = conf.SECOND_FACTOR_REQUIRED
    if required is None or required in ("all", "staff"):
        return factors.is_required_now(user)
    policy: Callable[[Any], bool] = (
        import_string(required) if isinstance(required, str) else required
    )
    return bool(policy(user))


def verify_code(user: AuthUser, code: str) -> Factor:
    """Accept a code of one of the user's factors once; return the factor.

    Raises as :func:`spend_code`.
    """
    return spend_code(user, code, lambda factor: factor)


def spend_code(
    user: AuthUser, code: str, change: Callable[[Factor], T], *, stand_alone: bool = False
) -> T:
    """Accept a code once, and make the change that it allows, in one transaction.

    A fault, or a refusal of ``change``, leaves the code unspent. The attempt is counted before.

    :param change: is given the factor; what it returns is returned.
    :param stand_alone: a code that only replaces a factor (a recovery code) does not do.
    :raises CodeInvalid: it is of none of them, or was used before, or there is no factor.
    :raises AttemptsExceeded: too many codes were tried; this one was not compared.
    :raises AccountLocked: the same, and time alone will not help.
    :raises SecondFactorUnavailable: it cannot be compared now, so it counts for nothing.
    """
    factor = factors.recognising(user, code, stand_alone=stand_alone)
    verify = _verifier(user, factor)
    count_or_refuse(user)
    spend = partial(_spend, user, code, factor, verify, change)
    spent = atomic_with_retry(spend, CodeAttempts)
    if factor is None or spent is None:
        raise wrong_code(user)
    with best_effort(CodeAttempts, logger, logging.ERROR, "What follows a code has failed."):
        factor.accepted(user)
    return spent[0]


def remove_second_factor(user: AuthUser, *, actor: Any = None, note: str | None = None) -> None:
    """Remove every factor of the user, end all sessions, tell the owner.

    :param actor: the primary key of the administrator who does it, if one does.
    :param note: why, in their words.
    """
    reason = "ended_by_user" if actor is None else "ended_by_administrator"

    def remove() -> list[Session]:
        lock_user(user)
        return switch_off(user, None, reason, actor=actor, note=note)

    tell_switched_off(user, atomic_with_retry(remove, CodeAttempts), reason)


def switch_off(
    user: AuthUser,
    keep: Session | None,
    reason: str = "ended_by_user",
    *,
    actor: Any = None,
    note: str | None = None,
) -> list[Session]:
    """Remove every factor, end the sessions but ``keep``, and record both.

    Called within a transaction that has locked the user; :func:`tell_switched_off` comes after it.
    What is kept has passed no second factor from then on: where the user must have one, it can
    only set up another.
    """
    factors.remove_all(user)
    # A link that was bound to "no factor" must not be valid again, once a later one is off.
    forget(user, *BOUND)
    CodeAttempts.objects.filter(pk=user.pk).delete()
    if keep is not None:
        proved = {method for factor in factors.registered() for method in factor.amr}
        lower_assurance(keep, proved, enrolment_only=must_have_second_factor(user))
    ended = revoke_other_sessions(user, keep, reason, actor=actor, note=note)
    record("second_factor_disabled", user=user.pk, actor=actor, note=note)
    return ended


def tell_switched_off(user: AuthUser, ended: list[Session], reason: str = "ended_by_user") -> None:
    tell_ended(ended, reason)
    second_factor_disabled.send_robust(sender=type(user), user=user)
    tell_owner(user, "second_factor_disabled")


def unlock(user: AuthUser, *, actor: Any = None, note: str | None = None) -> bool:
    """Forget the wrong passwords and codes of a user; return False where there were none.

    :param actor: the primary key of the administrator who does it, if one does.
    :param note: why, in their words.
    """
    codes = forgive_codes(user.pk)
    passwords = unlock_passwords(user)
    if not codes and not passwords:
        return False
    record("account_unlocked", user=user.pk, actor=actor, note=note)
    return True


def count_or_refuse(user: AuthUser) -> None:
    """Count an attempt before its code is compared.

    :raises AttemptsExceeded: none is left.
    :raises AccountLocked: none is left, for good.
    """
    refusal = count_code(user.pk)
    if refusal is not None:
        record(refusal.default_code, user=user.pk)
        raise refusal


def wrong_code(user: AuthUser) -> CodeInvalid:
    """Record a wrong code, and return what to raise."""
    record("second_factor_failed", user=user.pk)
    return CodeInvalid()


def _verifier(user: AuthUser, factor: Factor | None) -> Verifier:
    """Return what accepts a code of this factor; a text of no factor's form is a wrong code.

    :raises CodeInvalid: the user does not have the factor: there is nothing to guess.
    """
    alone = factor is not None and factor.stands_alone
    if not alone and not has_second_factor(user):
        raise CodeInvalid
    verify = _never if factor is None else factor.verifier(user)
    if verify is None:
        raise CodeInvalid
    return verify


def _spend(
    user: AuthUser,
    code: str,
    factor: Factor | None,
    verify: Verifier,
    change: Callable[[Factor], T],
) -> tuple[T] | None:
    """Return what the change has returned; None for a wrong code."""
    # The user first, as in every flow that changes factors: none waits for a lock of another.
    if not lock_user(user) or factor is None or not verify(code):
        return None
    forgive_codes(user.pk)
    record("second_factor_used", user=user.pk, method=factor.name, keep=factor.keeps_uses)
    return (change(factor),)


def _never(code: str) -> bool:
    return False
