"""Opens a transaction on every database and rolls it back: a dry run for SQL that only reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections, transaction

#: To where a transaction of PostgreSQL goes back after a statement that failed.
SAVEPOINT = "authkit_before_any_question"
#: ``TransactionStatus.INERROR`` of libpq, in psycopg 2 and 3.
IN_ERROR = 3
#: After a statement that failed, the others go on in the same transaction.
FORGIVING = ("mysql", "oracle", "sqlite")


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
            cursor.execute(f"SAVEPOINT {SAVEPOINT}")
    if connection.vendor != "sqlite":
        yield
        return
    sqlite = connection.connection
    sqlite.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        sqlite.execute("PRAGMA query_only = OFF")


@contextmanager
def one_question() -> Iterator[None]:
    """Let a statement that fails inside not spoil the transactions for the next question.

    PostgreSQL refuses all that follows one. Nothing is written, so nothing is lost by going back to
    the beginning, and that costs nothing as long as no statement fails.
    """
    with ExitStack() as stack:
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                continue
            if connection.vendor == "postgresql":
                stack.callback(_go_back, connection)
            elif connection.vendor not in FORGIVING or _may_write(connection):
                stack.enter_context(_savepoint(connection.alias))
        yield


def _may_write(connection: Any) -> bool:
    # Inside of another transaction, that of a test, it was too late to begin a read-only one.
    return connection.vendor == "mysql" and bool(connection.savepoint_ids)


def _go_back(connection: Any) -> None:
    driver = connection.connection
    if driver is not None and driver.info.transaction_status == IN_ERROR:
        # Django's own cursor would ask first whether it may.
        driver.cursor().execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")


@contextmanager
def _savepoint(alias: str) -> Iterator[None]:
    with transaction.atomic(using=alias):
        try:
            yield
        finally:
            transaction.set_rollback(True, using=alias)
