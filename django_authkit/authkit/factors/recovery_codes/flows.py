from __future__ import annotations

from functools import partial

from authkit.core import factors
from authkit.core.factors import Factor
from authkit.core.identity.users import AuthUser
from authkit.events.flows import record
from authkit.factors.flows import spend_code
from authkit.factors.proof import lock_proof
from authkit.factors.recovery_codes.codes import digest, new_codes
from authkit.factors.recovery_codes.models import RecoveryCode
from authkit.sessions.models import Session


def new_recovery_codes(user: AuthUser, session: Session, code: str) -> list[str]:
    """Replace the recovery codes; the old ones are invalid from the same moment on.

    :raises CodeInvalid: as :func:`spend_code`; a recovery code does not do. Also if a concurrent
        request has changed the factors.
    :raises SessionEnded: a concurrent request has ended the session, or changed the password.
    """
    replace = partial(_replace, user, session, factors.version(user))
    return spend_code(user, code, replace, stand_alone=True)


def _replace(user: AuthUser, session: Session, version: str, factor: Factor) -> list[str]:
    lock_proof(user, session, version)
    codes = replace_recovery_codes(user)
    record("recovery_codes_replaced", user=user.pk)
    return codes


def replace_recovery_codes(user: AuthUser) -> list[str]:
    """Store new codes in place of the old ones; called within a transaction."""
    codes = new_codes()
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=digest(code, user.pk)) for code in codes
    )
    return codes
