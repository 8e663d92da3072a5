from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from authkit.core.identity.users import AuthUser
from authkit.factors.recovery_codes.models import RecoveryCode
from authkit.factors.totp.models import confirmed_device


@dataclass(frozen=True, slots=True)
class SecondFactorState:
    enabled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int


def state(user: AuthUser) -> SecondFactorState:
    device = confirmed_device(user)
    return SecondFactorState(
        enabled=device is not None,
        confirmed_at=device and device.confirmed_at,
        recovery_codes_left=RecoveryCode.objects.filter(user=user).count(),
    )
