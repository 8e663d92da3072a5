"""Turning the second factor off. No HTTP here."""

from __future__ import annotations

from functools import partial

from authkit.core.factors import has_second_factor
from authkit.core.identity.users import AuthUser
from authkit.errors import CodeInvalid
from authkit.factors.flows import remove_second_factor
from authkit.factors.proof import lock_proof, prove_owner
from authkit.sessions.models import Session


def disable(user: AuthUser, session: Session, password: str | None, code: str) -> None:
    """Turn the second factor off; end the other sessions, and take this one for one without it.

    :raises CodeInvalid: the code is wrong, or there is no second factor.
    :raises TokenInvalid: a concurrent request has ended the session, or changed the password.
        Else as :func:`prove_owner`.
    """
    version = prove_owner(
        user,
        session,
        password=password,
        code=code,
        recent=True,
        failed="second_factor_disable_failed",
        every=True,
    )
    if not has_second_factor(user):
        raise CodeInvalid
    lock = partial(lock_proof, user, session, version)
    remove_second_factor(user, keep=session, lock=lock)
