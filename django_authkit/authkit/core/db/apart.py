"""Statements that do not belong to the transaction of ``ATOMIC_REQUESTS``."""

from __future__ import annotations

import threading
from typing import Any

from django.db import connections, models, router
from django.db.utils import load_backend

#: Databases where another connection can write to a row while a transaction is open. SQLite has
#: one writer, which such a transaction may be.
_CONCURRENT = {"postgresql", "mysql"}

#: Holds the connections of a thread that ``CONN_MAX_AGE`` keeps open, by alias.
_thread = threading.local()


class apart_from_request:
    """Run statements on a model outside of the request's transaction, on a connection of its own.

    Above READ COMMITTED, requests that change one row within their transactions conflict, also
    where each is a compare-and-set, and a refusal would undo the change. In here each statement is
    committed at once. Nothing is different without ``ATOMIC_REQUESTS``, on SQLite, and in a
    ``TestCase`` of Django, whose rows only its own connection can see.

    A class, since each request with an API key enters it: a generator takes longer.

    :param only_serializable: for what only reads: SERIALIZABLE alone takes a row that is read into
        the transaction. MySQL locks it, against the connection in here, too.
    """

    def __init__(self, model: type[models.Model], *, only_serializable: bool = False) -> None:
        self.alias = router.db_for_write(model)
        self.only_serializable = only_serializable
        self.other: Any = None

    def __enter__(self) -> None:
        self.present: Any = connections[self.alias]
        if not _is_of_request(self.present):
            return
        if self.only_serializable and not _is_serializable(self.present):
            return
        self.other = connections[self.alias] = _other(self.present)

    def __exit__(self, *error: object) -> None:
        if self.other is not None:
            connections[self.alias] = self.present
            self.other.close_if_unusable_or_obsolete()


def _is_of_request(connection: Any) -> bool:
    """Say whether a connection is in the transaction of a request."""
    return bool(
        connection.settings_dict["ATOMIC_REQUESTS"]
        and connection.in_atomic_block
        and connection.vendor in _CONCURRENT
        and not any(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
    )


def _is_serializable(connection: Any) -> bool:
    level = getattr(connection, "isolation_level", None)  # a text, or an enumeration of psycopg
    return str(getattr(level, "name", level)).lower() == "serializable"


def _other(connection: Any) -> Any:
    """Return a connection to the same database, open if ``CONN_MAX_AGE`` has kept it."""
    # Not of the pool: requests that each hold one of its connections and wait for a second would
    # wait for each other (deadlock).
    options = {
        name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"
    }
    configured = {**connection.settings_dict, "OPTIONS": options}
    kept: dict[str, Any] = _thread.__dict__.setdefault("kept", {})
    other = kept.get(connection.alias)
    if other is None or other.connection is None or other.settings_dict != configured:
        if other is not None:
            other.close()
        backend = load_backend(configured["ENGINE"])
        other = kept[connection.alias] = backend.DatabaseWrapper(configured, connection.alias)
    other.execute_wrappers = connection.execute_wrappers  # what observes the one observes both
    return other
