from __future__ import annotations

import logging

from django.db import router, transaction

from authkit.core.security_log import record
from authkit.core.users import AuthUser
from authkit.errors import InvalidCredentials
from authkit.passwords.policy import require_acceptable
from authkit.sessions.flows import end_other_sessions, follow_password_change, is_password
from authkit.sessions.models import Session
from authkit.signals import password_changed


def change_password(user: AuthUser, session: Session, current: str, new: str) -> None:
    """Set a new password; end every session of the user but ``session``.

    :raises InvalidCredentials: ``current`` is not the password.
    :raises ValidationError: the project's validators do not accept ``new``.
    """
    if not is_password(user, current):
        record("password_change_failed", level=logging.WARNING, user=user.pk, session=session.pk)
        raise InvalidCredentials
    require_acceptable(new, user)
    with transaction.atomic(using=router.db_for_write(type(user))):
        user.set_password(new)
        user.save(update_fields=["password"])
        follow_password_change(session)
        end_other_sessions(user, session)
    record("password_changed", user=user.pk, session=session.pk)
    password_changed.send(sender=type(user), user=user)
