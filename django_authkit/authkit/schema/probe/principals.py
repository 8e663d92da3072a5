"""The users of the probe, which exist only in memory."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, IntegerField, Model

#: Flags that make a user powerful in one project or another.
POWERS = ("is_staff", "is_superuser", "is_admin")


def principals() -> tuple[Any, ...]:
    """Return a superuser, who is admitted oftenest, and a plain active user; neither is saved."""
    return _user("is_active", *POWERS), _user("is_active")


def _user(*flags: str) -> Model:
    user: Any = get_user_model()()
    for flag in flags:
        if _is_boolean_field(user, flag):
            setattr(user, flag, True)
    if user.pk is None and isinstance(user._meta.pk, IntegerField):
        # Relations of a user without a key end in a ValueError about saving; with one they need
        # the database, which is the real reason.
        user.pk = 0
    return cast(Model, user)


def _is_boolean_field(user: Model, name: str) -> bool:
    try:
        return isinstance(user._meta.get_field(name), BooleanField)
    except FieldDoesNotExist:
        return False
