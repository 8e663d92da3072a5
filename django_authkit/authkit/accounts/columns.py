"""The columns of the project's user model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist


def own_fields(*names: str) -> list[str]:
    """Return those of the names that the project's user model has."""
    return [name for name in names if column_named(name) is not None]


def identifiers() -> list[str]:
    """Return the names of the columns that identify a user: user name and e-mail address."""
    model = get_user_model()
    return list(dict.fromkeys(own_fields(model.USERNAME_FIELD, model.get_email_field_name())))


def is_key_or_reverse(column: Any) -> bool:
    return column is not None and (
        (column.auto_created and not column.concrete) or column.primary_key
    )


def is_kept(name: str) -> bool:
    """Say whether this is a column in the user model's own table."""
    column = column_named(name)
    return column is not None and column.concrete and not column.many_to_many


def column_named(name: str) -> Any:
    try:
        return get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def touched_by_every_save() -> Iterator[str]:
    for column in get_user_model()._meta.concrete_fields:
        if getattr(column, "auto_now", False):
            yield column.name
