"""Opens a transaction on every database and rolls it back: a dry run for SQL that only reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections, transaction


@contextmanager
def rolled_back() -> Iterator[None]:
    """Open a transaction on every database, and undo it; read-only where there is such a thing."""
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(_rolled_back(alias))
        yield


@contextmanager
def _rolled_back(alias: str) -> Iterator[None]:
    connection = connections[alias]
    try:
        connection.ensure_connection()
    except Exception:  # code that uses this database gets the same error
        yield
        return
    block = transaction.atomic(using=alias)
    _announce_read_only(connection)
    # As around a test: the project's code may open a durable block inside.
    vars(block)["_from_testcase"] = True
    with block:
        try:
            with _read_only(connection):
                yield
        finally:
            transaction.set_rollback(True, using=alias)


def _announce_read_only(connection: Any) -> None:
    """Let MySQL and MariaDB begin the next transaction as read-only; later is too late there."""
    if connection.vendor == "mysql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")


@contextmanager
def _read_only(connection: Any) -> Iterator[None]:
    """Let the database itself refuse to write; it also sees what a cursor of the driver's does."""
    if connection.vendor == "postgresql":
        # Forgotten with the transaction, or the savepoint, that this stands in.
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
    if connection.vendor != "sqlite":
        yield
        return
    sqlite = connection.connection
    sqlite.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        sqlite.execute("PRAGMA query_only = OFF")
