"""Counting the codes of an account. No HTTP here."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import IntegrityError
from django.dispatch import receiver

from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry
from authkit.core.limits.attempts import count_attempt
from authkit.errors import AccountLocked, AttemptsExceeded, CodeInvalid
from authkit.factors.models import CODE_LIMITS, CodeAttempts
from authkit.signals import password_reset


def count_code(user_id: Any) -> AccountLocked | AttemptsExceeded | None:
    """Count a code before it is compared; return why there is no attempt left, if there is none.

    :raises CodeInvalid: the account has just been deleted.
    """
    if _count(user_id):
        return None
    attempts = CodeAttempts.objects.filter(pk=user_id).first()
    refusal = attempts and attempts.refusal(CODE_LIMITS)
    if refusal:
        return refusal
    # Race: of two first codes one inserts the row, and the other is counted on it, whether the
    # row came before or after the look at it.
    if (attempts is None and _insert(user_id)) or _count(user_id):
        return None
    attempts = CodeAttempts.objects.filter(pk=user_id).first()
    if attempts is None:
        raise CodeInvalid
    return attempts.refusal(CODE_LIMITS) or AttemptsExceeded(wait=1)


def forgive_codes(user_id: Any) -> int:
    """Forget the wrong codes of an account; return 0 where there were none."""
    failed = CodeAttempts.objects.filter(pk=user_id, failures__gt=0)
    return failed.update(**CodeAttempts.FORGIVEN)


@receiver(password_reset, dispatch_uid="authkit.factors.attempts")
def lift_lockout(user: Any, **kwargs: Any) -> None:
    """Receive ``password_reset``, which ends the wrong codes in a row; their window goes on."""
    CodeAttempts.objects.filter(pk=user.pk, failures__gt=0).update(failures=0)


def _count(user_id: Any) -> bool:
    return count_attempt(CodeAttempts.objects.filter(pk=user_id), CODE_LIMITS)


def _insert(user_id: Any) -> bool:
    first = CodeAttempts(
        user_id=user_id, failures=1, window_failures=1, last_attempt_at=clock.now()
    )
    try:
        atomic_with_retry(partial(first.save, force_insert=True), CodeAttempts)
    except IntegrityError:
        return False
    return True
