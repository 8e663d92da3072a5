"""Setting up an authenticator app. No HTTP here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import ceil
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from authkit.conf import conf
from authkit.core import clock, factors
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.users import AuthUser, username_of
from authkit.core.mail.mailer import tell_owner
from authkit.errors import CodeInvalid, NothingToConfirm
from authkit.events.flows import record
from authkit.factors.attempts import forgive_codes
from authkit.factors.flows import count_or_refuse, wrong_code
from authkit.factors.proof import prove_for_set_up
from authkit.factors.recovery_codes.flows import replace_recovery_codes
from authkit.factors.totp import rfc6238
from authkit.factors.totp.factor import TOTP
from authkit.factors.totp.models import (
    PENDING_LIFETIME,
    TOTPDevice,
    confirmed_device,
    pending_device,
)
from authkit.passwords.owner_lock import lock_owner, lock_unchanged
from authkit.sessions.assurance import raise_assurance
from authkit.sessions.ending.revoke import revoke_other_sessions, tell_ended
from authkit.sessions.models import Session
from authkit.signals import second_factor_enabled


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs, shown once; ``expires_in`` seconds to confirm it."""

    secret: str = field(repr=False)
    otpauth_url: str = field(repr=False)
    expires_in: int
    #: Tells it apart from a later set-up of the user; no secret.
    id: UUID


def set_up(
    user: AuthUser,
    code: str | None = None,
    *,
    recent: bool = False,
    session: Session | None = None,
) -> Setup:
    """Make a secret that waits for its first code. A confirmed device stays as it is.

    It replaces the factors that there are now, and no later ones.

    :param code: of a second factor; required if the user has one.
    :param recent: whether the user has authenticated recently; required for the first factor.
    :param session: of the request, for the event of a refusal.
        Raises as :func:`prove_for_set_up`.
    """
    secret = rfc6238.new_secret()
    device = TOTPDevice(user=user, name="TOTP", confirmed=False)
    device.seal(secret)
    prove_for_set_up(user, session, code, partial(_store_pending, device), recent=recent)
    return _shown(device, secret)


def waiting_setup(user: AuthUser, setup_id: UUID) -> Setup:
    """Return a set-up again to the user who has begun it, while it waits for its first code.

    :raises NothingToConfirm: it has lapsed, or was replaced or confirmed since.
    :raises SecondFactorUnavailable: its secret cannot be read.
    """
    device = _waiting(user, setup_id)
    return _shown(device, device.unseal())


def confirm(
    user: AuthUser, session: Session | None, code: str, *, setup_id: UUID | None = None
) -> list[str]:
    """Turn the pending device on with its first code; return the recovery codes, this once.

    :param session: of the request, which goes on; all others end. None where there is none: a
        log-in to the admin under way, or a command.
    :param setup_id: confirm this set-up and no later one.
    :raises NothingToConfirm: no set-up is waiting, or the user's factors have changed since.
    :raises SessionEnded: a concurrent request has ended the session, or changed the password.
    :raises CodeInvalid: the code is not its own; the set-up goes on waiting.
    :raises AttemptsExceeded: too many codes were tried for this account; also AccountLocked.
    :raises SecondFactorUnavailable: the secret cannot be read, so the code counts for nothing.
    """
    device = _waiting(user, setup_id)
    secret = device.unseal()
    count_or_refuse(user)
    switch_on = partial(_switch_on, user, session, device, secret, code)
    try:
        codes, ended = atomic_with_retry(switch_on, TOTPDevice)
    except CodeInvalid:  # recorded here, since the transaction is rolled back
        raise wrong_code(user) from None
    tell_ended(ended)
    second_factor_enabled.send_robust(sender=type(user), user=user)
    tell_owner(user, "second_factor_enabled")
    return codes


def _waiting(user: AuthUser, setup_id: UUID | None) -> TOTPDevice:
    device = pending_device(user)
    if device is None or device.factors_version != factors.version(user):
        raise NothingToConfirm
    if setup_id not in (None, device.seal_context):
        raise NothingToConfirm
    return device


def _shown(device: TOTPDevice, secret: bytes) -> Setup:
    left = PENDING_LIFETIME - clock.age_of(device.created_at)
    return Setup(
        secret=rfc6238.base32(secret),
        otpauth_url=rfc6238.otpauth_url(secret, username_of(device.user), _issuer(device)),
        expires_in=ceil(left.total_seconds()),
        id=device.seal_context,
    )


def _store_pending(device: TOTPDevice, version: str) -> None:
    """Write a new secret into the user's pending row; of concurrent set-ups the last one counts."""
    device.factors_version = version
    if _renew_pending(device):
        return
    try:
        atomic_with_retry(partial(device.save, force_insert=True), TOTPDevice)
    except IntegrityError:  # race: another tab has just inserted the row
        _renew_pending(device)


def _renew_pending(device: TOTPDevice) -> int:
    pending = TOTPDevice.objects.filter(user=device.user, confirmed=False)
    renewed: int = pending.update(
        sealed_secret=device.sealed_secret,
        seal_context=device.seal_context,
        created_at=device.created_at,
        last_step=device.last_step,
        factors_version=device.factors_version,
    )
    return renewed


def _switch_on(
    user: AuthUser, session: Session | None, device: TOTPDevice, secret: bytes, code: str
) -> tuple[list[str], list[Session]]:
    if session is None:
        lock_unchanged(user)
    else:
        lock_owner(user, session)
    if factors.version(user) != device.factors_version:
        raise NothingToConfirm
    replaced = confirmed_device(user)
    if replaced is not None:
        replaced.delete()
    if not device.spend(secret, code, confirmed=True, confirmed_at=clock.now()):
        raise CodeInvalid
    forgive_codes(user.pk)
    if session is not None:
        raise_assurance(session, TOTP.amr)
    codes = replace_recovery_codes(user)
    # Race: a log-in locks the user, too, before it asks for the factor. Either it has seen this
    # one, or its session is committed, and ended here.
    ended = revoke_other_sessions(user, session)
    record("second_factor_enabled", user=user.pk, session=session.pk if session else None)
    return codes, ended


def _issuer(device: TOTPDevice) -> str:
    configured = getattr(settings, "OTP_TOTP_ISSUER", "")
    issuer = configured(device) if callable(configured) else configured
    # A colon, also an encoded one, would end the issuer in the label (Key URI format).
    return str(issuer or conf.SITE_NAME or "").replace(":", "")
