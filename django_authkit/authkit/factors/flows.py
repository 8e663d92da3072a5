"""What can happen to the second factor of an account, whichever it is. No HTTP here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.module_loading import import_string

from authkit.conf import conf
from authkit.core import factors
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
from authkit.sessions.models import Session
from authkit.sessions.revoke import revoke_other_sessions, tell_ended
from authkit.signals import second_factor_disabled

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


def verify_code(user: AuthUser, code: str, *, stand_alone: bool = False) -> Factor:
    """Accept a code of one of the user's factors once; return the factor.

    :param stand_alone: a code that only replaces a factor (a recovery code) does not do.
    :raises CodeInvalid: it is of none of them, or was used before, or there is no factor.
    :raises AttemptsExceeded: too many codes were tried; this one was not compared.
    :raises AccountLocked: the same, and time alone will not help.
    :raises SecondFactorUnavailable: it cannot be compared now, so it counts for nothing.
    """
    factor = factors.recognising(user, code, stand_alone=stand_alone)
    verify = _verifier(user, factor)
    count_or_refuse(user)
    if factor is None or not verify(code):
        raise wrong_code(user)
    forgive_codes(user.pk)
    record("second_factor_used", user=user.pk, method=factor.name, keep=factor.keeps_uses)
    factor.accepted(user)
    return factor


def remove_second_factor(
    user: AuthUser,
    *,
    keep: Session | None = None,
    lock: Callable[[], object] | None = None,
    actor: Any = None,
    note: str | None = None,
) -> None:
    """Remove every factor of the user, end the sessions but ``keep``, tell the owner.

    What is kept has passed no second factor from then on: where the user must have one, it can
    only set up another.

    :param lock: locks the rows of the owner who does it, in the transaction, and may refuse.
    :param actor: the primary key of the administrator who does it, if one does.
    :param note: why, in their words.
    """
    lock = lock or partial(lock_user, user)
    ended = atomic_with_retry(partial(_switch_off, user, keep, lock), CodeAttempts)
    reason = "ended_by_user" if actor is None else "ended_by_administrator"
    tell_ended(ended, reason, actor=actor, note=note)
    record("second_factor_disabled", user=user.pk, actor=actor, note=note)
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


def _never(code: str) -> bool:
    return False


def _switch_off(
    user: AuthUser, session: Session | None, lock: Callable[[], object]
) -> list[Session]:
    lock()
    factors.remove_all(user)
    # A link that was bound to "no factor" must not be valid again, once a later one is off.
    forget(user, *BOUND)
    CodeAttempts.objects.filter(pk=user.pk).delete()
    if session is not None:
        proved = {method for factor in factors.registered() for method in factor.amr}
        lower_assurance(session, proved, enrolment_only=must_have_second_factor(user))
    return revoke_other_sessions(user, session)
