"""Turning the second factor off. No HTTP here."""

from __future__ import annotations

from collections.abc import Set
from functools import partial

from authkit.core.factors import has_second_factor
from authkit.core.identity.users import AuthUser
from authkit.errors import CodeInvalid
from authkit.factors.flows import switch_off, tell_switched_off
from authkit.factors.proof import prove_owner
from authkit.sessions.models import Session


def disable(user: AuthUser, session: Session, password: str | None, code: str) -> None:
    """Turn the second factor off; end the other sessions, and take this one for one without it.

    :raises CodeInvalid: the code is wrong, or there is no second factor.
    :raises SessionEnded: a concurrent request has ended the session, or changed the password.
        Else as :func:`prove_owner`.
    """
    ended = prove_owner(
        user,
        session,
        partial(_switch_off, user, session),
        password=password,
        code=code,
        recent=True,
        failed="second_factor_disable_failed",
        every=True,
    )
    tell_switched_off(user, ended)


def _switch_off(user: AuthUser, session: Session, proved: Set[str]) -> list[Session]:
    if not has_second_factor(user):
        raise CodeInvalid
    return switch_off(user, session)
