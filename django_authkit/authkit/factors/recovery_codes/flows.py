from __future__ import annotations

from functools import partial

from authkit.core import factors
from authkit.core.db.retry import atomic_with_retry
from authkit.core.identity.users import AuthUser
from authkit.events.flows import record
from authkit.factors.flows import verify_code
from authkit.factors.proof import lock_proof
from authkit.factors.recovery_codes.codes import digest, new_codes
from authkit.factors.recovery_codes.models import RecoveryCode
from authkit.sessions.models import Session


def new_recovery_codes(user: AuthUser, session: Session, code: str) -> list[str]:
    """Replace the recovery codes; the old ones are invalid from the same moment on.

    :raises CodeInvalid: as :func:`verify_code`; a recovery code does not do. Also if a concurrent
        request has changed the factors.
    :raises TokenInvalid: a concurrent request has ended the session, or changed the password.
    """
    version = factors.version(user)
    verify_code(user, code, stand_alone=True)
    codes = atomic_with_retry(partial(_replace, user, session, version), RecoveryCode)
    record("recovery_codes_replaced", user=user.pk)
    return codes


def _replace(user: AuthUser, session: Session, version: str) -> list[str]:
    lock_proof(user, session, version)
    return replace_recovery_codes(user)


def replace_recovery_codes(user: AuthUser) -> list[str]:
    """Store new codes in place of the old ones; called within a transaction."""
    codes = new_codes()
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=digest(code, user.pk)) for code in codes
    )
    return codes
