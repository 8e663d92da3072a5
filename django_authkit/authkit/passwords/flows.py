from __future__ import annotations

import logging
from functools import partial

from authkit.core.database import all_or_nothing
from authkit.core.mail import tell_owner
from authkit.core.users import AuthUser
from authkit.errors import InvalidCredentials
from authkit.events.flows import record
from authkit.passwords.policy import require_acceptable
from authkit.sessions.attempts import forget_guesses
from authkit.sessions.flows import (
    revoke_other_sessions,
    tell_ended,
)
from authkit.sessions.models import Session
from authkit.sessions.passwords import follow_password_change, try_password
from authkit.signals import password_changed


def change_password(user: AuthUser, session: Session, current: str, new: str) -> None:
    """Set a new password; end every session of the user but ``session``.

    :raises InvalidCredentials: ``current`` is not the password.
    :raises AttemptsExceeded: as :func:`~authkit.sessions.passwords.try_password`;
        also AccountLocked.
    :raises ValidationError: the project's validators do not accept ``new``.
    """
    if not try_password(user, session, current):
        record("password_change_failed", level=logging.WARNING, user=user.pk, session=session.pk)
        raise InvalidCredentials
    require_acceptable(new, user)
    user.set_password(new)
    tell_ended(all_or_nothing(partial(_store, user, session), type(user)))
    record("password_changed", user=user.pk, session=session.pk)
    password_changed.send_robust(sender=type(user), user=user)
    tell_owner(user, "password_changed")


def _store(user: AuthUser, session: Session) -> list[Session]:
    user.save(update_fields=["password"])
    follow_password_change(session)
    forget_guesses(user)
    return revoke_other_sessions(user, session)
