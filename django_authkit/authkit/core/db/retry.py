"""Retries of changes that a database refuses because of a concurrent transaction."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import sleep
from typing import Any, TypeVar

from django.db import (
    OperationalError,
    connections,
    models,
    router,
    transaction,
)

from authkit.core.db.outages import _reason

T = TypeVar("T")


#: How often a change is tried that conflicts with concurrent ones, and by how many seconds the
#: pause before the next try may grow each time.
TRIES = 12
PAUSE = 0.01

#: Serialization failures and deadlocks: SQLSTATEs of PostgreSQL, numbers of MySQL, and SQLite's
#: SQLITE_BUSY_SNAPSHOT.
_CONTENTION = {"40001", "40P01", 1020, 1213, 517}


def retry_on_conflict(change: Callable[[], T], model: type[models.Model]) -> T:
    """Make a change, and retry it where the database refused it for a concurrent one.

    Under READ COMMITTED the second of two changes to a row waits, and then reads the row
    again. Under REPEATABLE READ and SERIALIZABLE it may be refused instead. It has changed
    nothing then, so a caller that retries a compare-and-set learns whether it was first.
    A part of a larger transaction is not retried.

    :raises OperationalError: it was refused too often, or for another reason.
    """
    connection = connections[router.db_for_write(model)]
    for tried in range(1, TRIES):
        try:
            return change()
        except OperationalError as error:
            if connection.in_atomic_block or _reason(error) not in _CONTENTION:
                raise
        sleep(random.uniform(0, tried * PAUSE))  # noqa: S311 (so that they do not collide again)
    return change()


def atomic_with_retry(change: Callable[[], T], model: type[models.Model]) -> T:
    """Make a change of several statements in one transaction; see :func:`retry_on_conflict`."""
    return retry_on_conflict(partial(_atomically, change, router.db_for_write(model)), model)


def _atomically(change: Callable[[], T], using: str) -> T:
    with _writing_from_the_start(connections[using]), transaction.atomic(using=using):
        return change()


@contextmanager
def _writing_from_the_start(connection: Any) -> Iterator[None]:
    """Make SQLite take the write lock before the first read.

    A transaction that reads first, and writes while another one does, is refused at once
    (https://www.sqlite.org/lang_transaction.html).
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    mode, connection.transaction_mode = connection.transaction_mode, "IMMEDIATE"
    try:
        yield
    finally:
        connection.transaction_mode = mode
