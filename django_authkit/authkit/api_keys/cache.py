"""Keeps rows of keys for a short time in the project's default cache.

Off unless ``AUTHKIT["API_KEY_CACHE_SECONDS"]`` is set. A change of a key through its model
writes a mark that ``remember`` does not overwrite before it expires, so a request that read
the row before the change cannot put it back (race condition).

While the cache is down, keys are read from the database. If it does not store a mark, a row that
it has keeps its own expiry.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.cache import BaseCache
from django.db import transaction

from authkit.conf import conf
from authkit.core.cache import FallibleCache

logger = logging.getLogger("authkit.api_keys")

CHANGED = "changed"

_cache = FallibleCache("default")


def recall(prefix: str) -> list[Any] | None:
    row: Any = _cache.ask(lambda cache: cache.get(_name(prefix)))
    return None if row == CHANGED else row


def remember(prefix: str, row: list[Any]) -> None:
    _cache.ask(lambda cache: cache.add(_name(prefix), row, conf.API_KEY_CACHE_SECONDS))


def forget(prefixes: Iterable[str], *, using: str) -> None:
    """Mark keys as changed once the change of their rows has been committed."""
    seconds = conf.API_KEY_CACHE_SECONDS
    marks = {_name(prefix): CHANGED for prefix in prefixes} if seconds else {}
    if marks:
        transaction.on_commit(partial(_mark, marks, seconds), using=using)


def _mark(marks: dict[str, str], seconds: int) -> None:
    def mark(cache: BaseCache) -> list[str]:
        return cache.set_many(marks, seconds)

    if _cache.ask(mark, insist=True) != []:  # None where it failed, else what it did not take
        logger.warning(
            "The cache does not know that API keys were changed: what it remembers of them "
            "lapses in %d seconds.",
            seconds,
        )


def _name(prefix: str) -> str:
    return f"authkit.api_key.{prefix}"
