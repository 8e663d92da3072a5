from __future__ import annotations

from django.db import router

from authkit.core.stored_password import hold_password
from authkit.core.users import AuthUser


def store_password(user: AuthUser, over: str) -> bool:
    """Write the new password of a user; return False if the old one is not ``over`` any more.

    Part of the caller's transaction. Hashing takes long enough for an administrator, a mailed
    link or another session to set a password in the meantime, and theirs is the newer one.

    :param over: the hash of the password that the new one was to replace.
    """
    if not hold_password(user, over, using=router.db_for_write(type(user))):
        return False
    user.save(update_fields=["password"])
    return True
