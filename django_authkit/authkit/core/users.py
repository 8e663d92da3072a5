"""The type of a user, for annotations: whatever AUTH_USER_MODEL is at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.base_user import AbstractBaseUser

if TYPE_CHECKING:
    from django.contrib.auth.models import User as AuthUser
else:
    AuthUser = AbstractBaseUser

__all__ = ["AuthUser"]
