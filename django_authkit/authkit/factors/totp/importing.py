"""Import of devices of django-otp's ``otp_totp``; their owners need not set them up again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError

from authkit.core import clock
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.users import username_of
from authkit.factors.totp.models import TOTPDevice, confirmed_device
from authkit.factors.totp.rfc6238 import STEP_SECONDS, STEPS_AHEAD, STEPS_BACK
from authkit.passwords.stored import lock_user
from authkit.sessions.ending.revoke import revoke_other_sessions, tell_ended
from authkit.sessions.models import Session


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one device; ``reason`` says why it was left, or is empty."""

    user: str
    reason: str


def import_device(stock: Any) -> Imported:
    """Copy one confirmed ``otp_totp.TOTPDevice``; leave what we could not verify as it did."""
    reason = _obstacle(stock) or _copy(stock)
    return Imported(username_of(stock.user), reason)


def _obstacle(stock: Any) -> str:
    if stock.digits != 6 or stock.step != STEP_SECONDS or stock.t0 != 0:
        return f"it makes {stock.digits} digits every {stock.step} seconds from {stock.t0}"
    if not -STEPS_BACK <= stock.drift <= STEPS_AHEAD:
        return f"its clock is {stock.drift} steps away from ours: its codes would be refused"
    if confirmed_device(stock.user) is not None:
        return "the user has an authenticator app here already"
    return ""


def _copy(stock: Any) -> str:
    # Replay: last_step refuses a code here that was used over there.
    device = TOTPDevice(
        user=stock.user,
        name=stock.name,
        confirmed=True,
        last_step=stock.last_t,
        confirmed_at=clock.now(),
    )
    device.seal(stock.bin_key)
    try:
        ended = atomic_with_retry(partial(_insert, device), TOTPDevice)
    except IntegrityError:
        return "the user has just set up an authenticator app here"
    tell_ended(ended)
    return ""


def _insert(device: TOTPDevice) -> list[Session]:
    lock_user(device.user)  # requests under way see the factor
    device.save(force_insert=True)
    return revoke_other_sessions(device.user, None)  # they were started without the factor
