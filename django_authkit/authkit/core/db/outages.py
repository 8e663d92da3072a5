"""Whether a database failed for a reason that may be gone in a moment."""

from __future__ import annotations

from typing import Any

from django.core import exceptions
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
)

#: What MySQL and SQLite call operational and is a fault of the program: a column, or a table,
#: that is not there, and one that is and was not expected. SQLite's is SQLITE_ERROR.
_DEFECTS = {1054, 1364, 1}


#: What save() raises if the row has been deleted: before Django 6.0 DatabaseError itself.
_NOT_UPDATED: Any = getattr(exceptions, "ObjectNotUpdated", ())


#: What PostgreSQL says where a replica answers, or a primary that has just become one.
_READ_ONLY = "25006"


def is_outage(error: Exception) -> bool:
    """Say whether a database failed for a reason that may be gone in a moment."""
    if isinstance(error, InterfaceError | OperationalError):
        return _reason(error) not in _DEFECTS
    # Its subclasses (a constraint that is broken, SQL that is wrong) are faults of the program,
    # but for a row that save() finds gone: the next request sees that it is.
    return (
        type(error) is DatabaseError
        or isinstance(error, _NOT_UPDATED)
        or _reason(error) == _READ_ONLY
    )


def _reason(error: Exception) -> Any:
    """Return what the driver calls an error of the database."""
    cause = error.__cause__
    for name in ("sqlstate", "pgcode", "sqlite_errorcode"):
        if hasattr(cause, name):
            return getattr(cause, name)
    return error.args[0] if error.args else None
