"""What can happen to a second factor. No HTTP here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils.module_loading import import_string

from authkit.conf import conf
from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.users import AuthUser, username_of
from authkit.core.limits.attempts import count_attempt
from authkit.core.mail.mailer import tell_owner
from authkit.errors import AttemptsExceeded, CodeInvalid, InvalidCredentials, NothingToConfirm
from authkit.events.flows import record
from authkit.factors.models import (
    CODE_LIMITS,
    PENDING_LIFETIME,
    RecoveryCode,
    TOTPDevice,
    confirmed_device,
    has_confirmed_device,
    pending_device,
)
from authkit.factors.recovery_codes import codes as recovery
from authkit.factors.totp import rfc6238 as totp
from authkit.factors.totp.qr import svg_data_uri
from authkit.passwords.attempts import unlock_passwords
from authkit.passwords.proof import try_password
from authkit.sessions.assurance import lower_assurance, raise_assurance
from authkit.sessions.models import Session
from authkit.sessions.revoke import (
    end_other_sessions,
    end_sessions,
    revoke_other_sessions,
    tell_ended,
)
from authkit.signals import second_factor_disabled, second_factor_enabled

#: What a second factor adds to ``amr`` (RFC 8176).
SECOND_FACTOR = ["otp", "mfa"]

#: From how many recovery codes on the owner is told that they run out.
FEW_RECOVERY_CODES = 3


@dataclass(frozen=True, slots=True)
class SecondFactorState:
    enabled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs, shown once; ``expires_in`` seconds to confirm it."""

    secret: str
    otpauth_url: str
    qr_code: str
    expires_in: int


def state(user: AuthUser) -> SecondFactorState:
    device = confirmed_device(user)
    return SecondFactorState(
        enabled=device is not None,
        confirmed_at=device and device.confirmed_at,
        recovery_codes_left=RecoveryCode.objects.filter(user=user).count(),
    )


def has_second_factor(user: AuthUser) -> bool:
    return has_confirmed_device(user)


def must_have_second_factor(user: AuthUser) -> bool:
    """Say what ``AUTHKIT["SECOND_FACTOR_REQUIRED"]`` says of this user."""
    required = conf.SECOND_FACTOR_REQUIRED
    if required is None or required == "all":
        return required == "all"
    if required == "staff":
        return bool(getattr(user, "is_staff", False))
    policy: Callable[[Any], bool] = (
        import_string(required) if isinstance(required, str) else required
    )
    return bool(policy(user))


def set_up(user: AuthUser) -> Setup:
    """Make a secret that waits for its first code. A confirmed device stays as it is."""
    secret = totp.new_secret()
    device = TOTPDevice(user=user, name="TOTP", confirmed=False)
    device.seal(secret)
    _store_pending(device)
    url = totp.otpauth_url(secret, username_of(user), _issuer(device))
    return Setup(
        secret=totp.base32(secret),
        otpauth_url=url,
        qr_code=svg_data_uri(url),
        expires_in=int(PENDING_LIFETIME.total_seconds()),
    )


def confirm(user: AuthUser, session: Session, code: str) -> list[str]:
    """Turn the pending device on with its first code; return the recovery codes, this once.

    :raises NothingToConfirm: no set-up is waiting.
    :raises CodeInvalid: the code is not its own; the set-up goes on waiting.
    :raises SecondFactorUnavailable: the secret cannot be read, so the code counts for nothing.
    """
    device = pending_device(user)
    if device is None:
        raise NothingToConfirm
    secret = device.unseal()
    _count(device)
    switch_on = partial(_switch_on, user, session, device, secret, code)
    try:
        codes, ended = atomic_with_retry(switch_on, TOTPDevice)
    except CodeInvalid:  # recorded here: what is written in there comes to nothing
        raise _wrong_code(user) from None
    tell_ended(ended)
    # A log-in that asked for the factor before the commit has given a session without it.
    # That session was written before it asked, so it is there to be ended now.
    end_other_sessions(user, session)
    record("second_factor_enabled", user=user.pk, session=session.pk)
    second_factor_enabled.send_robust(sender=type(user), user=user)
    tell_owner(user, "second_factor_enabled")
    return codes


def verify_code(user: AuthUser, code: str) -> None:
    """Accept a code of the user's app, or a recovery code, once.

    :raises CodeInvalid: it is neither, or was used before, or there is no factor.
    :raises AttemptsExceeded: too many codes were tried; this one was not looked at.
    :raises AccountLocked: the same, and time alone will not help.
    :raises SecondFactorUnavailable: the secret cannot be read, so the code counts for nothing.
    """
    if totp.is_code(code):
        verify_totp(user, code)
    else:
        verify_recovery_code(user, code)


def verify_totp(user: AuthUser, code: str) -> None:
    device = _device(user)
    secret = device.unseal()
    _count(device)
    if not device.spend(secret, code):
        raise _wrong_code(user)
    # No row: the code is part of something that has one, and is asked for often.
    record("second_factor_used", user=user.pk, method="totp", keep=False)


def verify_recovery_code(user: AuthUser, code: str) -> None:
    device = _device(user)
    _count(device)
    if not (recovery.is_code(code) and _spend_recovery_code(user, code)):
        raise _wrong_code(user)
    TOTPDevice.objects.filter(pk=device.pk).update(**TOTPDevice.FORGIVEN)
    record("second_factor_used", user=user.pk, method="recovery_code")
    left = RecoveryCode.objects.filter(user=user).count()
    if left <= FEW_RECOVERY_CODES:
        tell_owner(user, "recovery_codes_low", left=left)


def disable(user: AuthUser, session: Session, password: str, code: str) -> None:
    """Turn the second factor off; end the other sessions, and take this one for one without it.

    :raises InvalidCredentials: the password is wrong.
    :raises CodeInvalid: the code is; also as :func:`verify_code`.
    :raises AttemptsExceeded: too many of either were; also AccountLocked.
    """
    if not try_password(user, session, password):
        record("second_factor_disable_failed", user=user.pk)
        raise InvalidCredentials
    verify_code(user, code)
    remove_second_factor(user, keep=session)


def remove_second_factor(
    user: AuthUser, *, keep: Session | None = None, actor: Any = None, note: str | None = None
) -> None:
    """Delete the device and the recovery codes, end the sessions but ``keep``, tell the owner.

    What is kept has passed no second factor from then on: where the user must have one, it can
    only set up another.

    :param actor: the primary key of the administrator who does it, if one does.
    :param note: why, in their words.
    """
    atomic_with_retry(partial(_switch_off, user, keep), TOTPDevice)
    if actor is None:
        end_other_sessions(user, keep)
    else:
        end_sessions(user, actor=actor, note=note)
    record("second_factor_disabled", user=user.pk, actor=actor, note=note)
    second_factor_disabled.send_robust(sender=type(user), user=user)
    tell_owner(user, "second_factor_disabled")


def new_recovery_codes(user: AuthUser, code: str) -> list[str]:
    """Replace the recovery codes; the old ones die in the same instant.

    :raises CodeInvalid: as :func:`verify_code`; a recovery code does not do.
    """
    verify_totp(user, code)
    codes = atomic_with_retry(partial(_replace_recovery_codes, user), RecoveryCode)
    record("recovery_codes_replaced", user=user.pk)
    return codes


def unlock(user: AuthUser, *, actor: Any = None, note: str | None = None) -> bool:
    """Forget the wrong passwords and codes of a user; return False where there were none.

    :param actor: the primary key of the administrator who does it, if one does.
    :param note: why, in their words.
    """
    devices = TOTPDevice.objects.filter(user=user, failures__gt=0)
    codes = devices.update(**TOTPDevice.FORGIVEN)
    passwords = unlock_passwords(user)
    if not codes and not passwords:
        return False
    record("account_unlocked", user=user.pk, actor=actor, note=note)
    return True


def _store_pending(device: TOTPDevice) -> None:
    """Put a new secret into the user's pending row, whoever else is doing the same."""
    if _renew_pending(device):
        return
    try:
        atomic_with_retry(partial(device.save, force_insert=True), TOTPDevice)
    except IntegrityError:  # another tab was first; the last one counts
        _renew_pending(device)


def _renew_pending(device: TOTPDevice) -> int:
    return TOTPDevice.objects.filter(user=device.user, confirmed=False).update(
        sealed_secret=device.sealed_secret,
        seal_context=device.seal_context,
        created_at=device.created_at,
        last_step=device.last_step,
    )


def _switch_on(
    user: AuthUser, session: Session, device: TOTPDevice, secret: bytes, code: str
) -> tuple[list[str], list[Session]]:
    replaced = confirmed_device(user)
    if replaced is not None:
        replaced.delete()
    if not device.spend(secret, code, confirmed=True, confirmed_at=clock.now()):
        raise CodeInvalid
    raise_assurance(session, SECOND_FACTOR)
    return _replace_recovery_codes(user), revoke_other_sessions(user, session)


def _switch_off(user: AuthUser, session: Session | None) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    if session is not None:
        required = must_have_second_factor(user)
        lower_assurance(session, SECOND_FACTOR, enrolment_only=required)


def _device(user: AuthUser) -> TOTPDevice:
    device = confirmed_device(user)
    if device is None:
        raise CodeInvalid
    return device


def _count(device: TOTPDevice) -> None:
    """Count an attempt before it is judged.

    :raises AttemptsExceeded: none is left.
    :raises AccountLocked: none is left, for good.
    """
    if count_attempt(TOTPDevice.objects.filter(pk=device.pk), CODE_LIMITS):
        return
    present = TOTPDevice.objects.filter(pk=device.pk).first()
    if present is None:  # taken off in between
        raise CodeInvalid
    refusal = present.refusal(CODE_LIMITS) or AttemptsExceeded(wait=1)
    record(refusal.default_code, user=device.user_id)
    raise refusal


def _spend_recovery_code(user: AuthUser, code: str) -> bool:
    mine = RecoveryCode.objects.filter(user=user, digest=recovery.digest(code, user.pk))
    return bool(mine.delete()[0])


def _wrong_code(user: AuthUser) -> CodeInvalid:
    record("second_factor_failed", user=user.pk)
    return CodeInvalid()


def _replace_recovery_codes(user: AuthUser) -> list[str]:
    codes = recovery.new_codes()
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=recovery.digest(code, user.pk)) for code in codes
    )
    return codes


def _issuer(device: TOTPDevice) -> str:
    issuer = getattr(settings, "OTP_TOTP_ISSUER", "")
    return str(issuer(device) if callable(issuer) else issuer or "").replace(":", "")
