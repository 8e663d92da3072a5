"""Distinguishes outages of a database from faults of the program, and answers them with 503."""

from __future__ import annotations

import logging
from typing import Any

from django.core import exceptions
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
)

from authkit.core.counted_log import log_counted
from authkit.errors import ServiceUnavailable

logger = logging.getLogger("authkit.database")

#: Operational errors of MySQL and SQLite that are faults of the program: an unknown column, a
#: column without a value or default, and SQLITE_ERROR.
_DEFECTS = {1054, 1364, 1}

#: What save() raises if the row has been deleted: before Django 6.0 DatabaseError itself.
_NOT_UPDATED: Any = getattr(exceptions, "ObjectNotUpdated", ())

#: PostgreSQL's SQLSTATEs of an outage that psycopg does not call operational: a write to a replica,
#: or to a primary that has just become one; a write without the privilege; and a transaction that
#: the server has ended because it was idle, or took too long.
_OUTAGES = {"25006", "42501", "25P03", "25P04"}


def is_outage(error: Exception) -> bool:
    """Say whether a database failed for a reason that may be temporary (503)."""
    if isinstance(error, InterfaceError | OperationalError):
        return _reason(error) not in _DEFECTS
    # Its subclasses (a violated constraint, wrong SQL) are faults of the program, except a row
    # that another request has deleted before save(): the next request finds none.
    return (
        type(error) is DatabaseError
        or isinstance(error, _NOT_UPDATED)
        or (isinstance(error, DatabaseError) and _reason(error) in _OUTAGES)
    )


class outages_as_503:
    """Turn an outage into ``ServiceUnavailable``, in what the views of a project call.

    A class, since each authenticated request enters it: a generator takes four times as long.

    :raises ServiceUnavailable: 503 with ``Retry-After``.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if isinstance(error, Exception) and is_outage(error):
            raise unavailable(error) from error


def unavailable(error: Exception) -> ServiceUnavailable:
    """Log an outage, and return what a request is answered with."""
    log_counted(logger, logging.ERROR, "The database failed; answered 503.", error)
    return ServiceUnavailable()


def _reason(error: Exception) -> Any:
    """Return the driver's code for an error of the database."""
    cause = error.__cause__
    for name in ("sqlstate", "pgcode", "sqlite_errorcode"):
        if hasattr(cause, name):
            return getattr(cause, name)
    return error.args[0] if error.args else None
