"""Authenticator apps after a backup was restored: which codes were used since is not known."""

from __future__ import annotations

from datetime import datetime

from authkit.core import clock
from authkit.core.db.stale import Rows, Stale, delete, older
from authkit.factors.totp import rfc6238
from authkit.factors.totp.models import TOTPDevice


def _set_ups(before: datetime | None) -> Rows:
    devices: Rows = TOTPDevice.objects.filter(older(before, "created_at"), confirmed=False)
    return devices


def _devices(before: datetime | None) -> Rows:
    step = _step(before or clock.now())
    devices: Rows = TOTPDevice.objects.filter(confirmed=True, last_step__lt=step)
    return devices


def _spend(devices: Rows) -> int:
    return devices.update(last_step=_step(clock.now()))


def _step(moment: datetime) -> int:
    """Return the last time step whose code may have been spent by then."""
    return rfc6238.step_at(moment.timestamp()) + rfc6238.STEPS_AHEAD


SET_UPS = Stale("set-ups of authenticator apps", _set_ups, delete, "deleted")
CODES = Stale("codes of authenticator apps", _devices, _spend, "spent")
