from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from authkit.core.db.stale import Stale
from authkit.core.factors import Factor, Verifier
from authkit.core.identity.users import AuthUser
from authkit.factors.totp.models import TOTPDevice, confirmed_device, has_confirmed_device
from authkit.factors.totp.restored import CODES, SET_UPS
from authkit.factors.totp.rfc6238 import is_code


class TOTP(Factor):
    """The codes of an authenticator app."""

    name = "totp"

    def is_on(self, user: AuthUser) -> bool:
        return has_confirmed_device(user)

    def version(self, user: AuthUser) -> str:
        device = confirmed_device(user)
        return "" if device is None else str(device.seal_context)

    def holders(self, users: Iterable[AuthUser]) -> set[Any]:
        confirmed = TOTPDevice.objects.filter(user__in=users, confirmed=True)
        return set(confirmed.values_list("user", flat=True))

    def recognises(self, code: str) -> bool:
        return is_code(code)

    def verifier(self, user: AuthUser) -> Verifier | None:
        device = confirmed_device(user)
        return device and partial(device.spend, device.unseal())

    def remove(self, user: AuthUser) -> None:
        TOTPDevice.objects.filter(user=user).delete()

    def stale(self) -> Sequence[Stale]:
        return (SET_UPS, CODES)

    def otp_device(self, user: AuthUser) -> TOTPDevice | None:
        return confirmed_device(user)
