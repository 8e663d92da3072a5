"""Compare-and-set of the stored password hash: it replaces only the hash that was read."""

from __future__ import annotations

from typing import Any

from django.db import router
from django.db.models import F

from authkit.core.identity.users import AuthUser


def has_local_password(user: AuthUser) -> bool:
    """Say whether a password of the user is stored here, and not only in a directory.

    Django calls an empty hash usable, which accounts have that a project made without a password.
    """
    return bool(user.password) and user.has_usable_password()


def lock_if_unchanged(user: Any, encoded: str, using: str) -> bool:
    """Lock the row of a user until the transaction ends, if its password hash is ``encoded``.

    Compare-and-set. The hash is written over itself, since ``save()`` and receivers of its
    signals may read the stored one. Returns whether the row is locked.
    """
    return bool(_rows(user, using).filter(password=encoded).update(password=encoded))


def lock_user(user: AuthUser) -> bool:
    """Lock the row of a user until the transaction ends; return False if it is there no more."""
    return bool(_rows(user, router.db_for_write(type(user))).update(password=F("password")))


def store_password(user: AuthUser, over: str) -> bool:
    """Store the new password of a user; return False if the stored hash is no longer ``over``.

    Requires a transaction. Race condition: while this password is hashed, an administrator, a
    reset link or another session can set a newer one.

    :param over: the hash that is to be replaced.
    """
    if not lock_if_unchanged(user, over, using=router.db_for_write(type(user))):
        return False
    user.save(update_fields=["password"])
    return True


def _rows(user: Any, using: str) -> Any:
    # The table that has the column: an update that joins tables does not lock the row.
    table = user._meta.get_field("password").model
    return table._base_manager.using(using).filter(pk=user.pk)
