from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from authkit.core.db.stale import Stale
from authkit.core.factors import Factor, Verifier
from authkit.core.identity.users import AuthUser
from authkit.core.mail.mailer import tell_owner
from authkit.factors.recovery_codes.codes import digest, is_code
from authkit.factors.recovery_codes.models import RecoveryCode
from authkit.factors.recovery_codes.restored import RECOVERY_CODES

#: From how many recovery codes on the owner is told that they run out.
FEW_RECOVERY_CODES = 3


class RecoveryCodes(Factor):
    """Single-use codes for when the other factor is lost."""

    name = "recovery_code"
    stands_alone = False
    keeps_uses = True

    def is_on(self, user: AuthUser) -> bool:
        return False  # without the factor that they replace they are none

    def recognises(self, code: str) -> bool:
        return is_code(code)

    def verifier(self, user: AuthUser) -> Verifier:
        return partial(_spend, user)

    def accepted(self, user: AuthUser) -> None:
        left = RecoveryCode.objects.filter(user=user).count()
        if left <= FEW_RECOVERY_CODES:
            tell_owner(user, "recovery_codes_low", left=left)

    def remove(self, user: AuthUser) -> None:
        RecoveryCode.objects.filter(user=user).delete()

    def stale(self) -> Sequence[Stale]:
        return (RECOVERY_CODES,)


def _spend(user: AuthUser, code: str) -> bool:
    # Race: the database deletes a row for one of concurrent callers.
    mine = RecoveryCode.objects.filter(user=user, digest=digest(code, user.pk))
    return bool(mine.delete()[0])
