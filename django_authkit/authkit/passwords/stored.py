"""The hash of a password as it is stored, written only over the hash that was read."""

from __future__ import annotations

from typing import Any

from django.db import router

from authkit.core.identity.users import AuthUser


def lock_if_unchanged(user: Any, encoded: str, using: str) -> bool:
    """Keep everybody else from a user's password until the transaction ends, if it is this hash.

    It is written over itself: it stays there for ``save()``, and for receivers of its signals
    that compare what is stored.
    """
    # In the table that has the column: what joins tables to find a row does not hold it.
    table = user._meta.get_field("password").model
    rows = table._base_manager.using(using).filter(pk=user.pk, password=encoded)
    return bool(rows.update(password=encoded))


def store_password(user: AuthUser, over: str) -> bool:
    """Write the new password of a user; return False if the old one is not ``over`` any more.

    Part of the caller's transaction. Hashing takes long enough for an administrator, a mailed
    link or another session to set a password in the meantime, and theirs is the newer one.

    :param over: the hash of the password that the new one was to replace.
    """
    if not lock_if_unchanged(user, over, using=router.db_for_write(type(user))):
        return False
    user.save(update_fields=["password"])
    return True
