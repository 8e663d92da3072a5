"""Distinguishes outages of a database from faults of the program."""

from __future__ import annotations

from typing import Any

from django.core import exceptions
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
)

#: Operational errors of MySQL and SQLite that are faults of the program: an unknown column, a
#: column without a value or default, and SQLITE_ERROR.
_DEFECTS = {1054, 1364, 1}

#: What save() raises if the row has been deleted: before Django 6.0 DatabaseError itself.
_NOT_UPDATED: Any = getattr(exceptions, "ObjectNotUpdated", ())

#: PostgreSQL's SQLSTATE of a write to a replica, or to a primary that has just become one.
_READ_ONLY = "25006"


def is_outage(error: Exception) -> bool:
    """Say whether a database failed for a reason that may be temporary (503)."""
    if isinstance(error, InterfaceError | OperationalError):
        return _reason(error) not in _DEFECTS
    # Its subclasses (a violated constraint, wrong SQL) are faults of the program, except a row
    # that another request has deleted before save(): the next request finds none.
    return (
        type(error) is DatabaseError
        or isinstance(error, _NOT_UPDATED)
        or _reason(error) == _READ_ONLY
    )


def _reason(error: Exception) -> Any:
    """Return the driver's code for an error of the database."""
    cause = error.__cause__
    for name in ("sqlstate", "pgcode", "sqlite_errorcode"):
        if hasattr(cause, name):
            return getattr(cause, name)
    return error.args[0] if error.args else None
