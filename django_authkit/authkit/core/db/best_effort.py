"""Writes that the answer does not need: their failure is logged, and changes nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, models, router, transaction

from authkit.core.counted_log import log_counted


@contextmanager
def best_effort(
    model: type[models.Model], logger: logging.Logger, level: int, sentence: str
) -> Iterator[None]:
    """Log the failure of a statement on a model, and protect the caller and its transaction.

    :param sentence: the line, written once per second; see :func:`log_counted`.
    :raises Exception: the failure has ended the caller's transaction. What it has changed will not
        be committed, so it must not be answered as done.
    """
    connection = connections[router.db_for_write(model)]
    was_lost = connection.needs_rollback
    try:
        if connection.in_atomic_block:
            with transaction.atomic(using=connection.alias):
                yield
        else:
            yield
    except Exception as error:  # no other error here may change the caller's answer
        if connection.needs_rollback and not was_lost:
            raise
        log_counted(logger, level, sentence, error)
