"""Writes that the answer does not need: their failure is logged, and changes nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.db import connections, models, router, transaction

from authkit.core.counted_log import log_counted


@contextmanager
def best_effort(
    model: type[models.Model], logger: logging.Logger, level: int, sentence: str
) -> Iterator[None]:
    """Log the failure of a statement on a model, and protect the caller and its transaction.

    :param sentence: the line, written once per second; see :func:`log_counted`.
    :raises Exception: the failure has ended the caller's transaction, or a savepoint in it cannot
        be made. What it has changed will not be committed, so it must not be answered as done.
    """
    connection = connections[router.db_for_write(model)]
    was_lost = connection.needs_rollback
    is_part = connection.in_atomic_block
    has_begun = False
    try:
        with transaction.atomic(using=connection.alias) if is_part else nullcontext():
            has_begun = True
            yield
    except Exception as error:  # no other error here may change the caller's answer
        if not has_begun or (connection.needs_rollback and not was_lost):
            raise
        log_counted(logger, level, sentence, error)
