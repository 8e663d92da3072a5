"""A short memory of the keys that were found, in the project's default cache.

Off unless ``AUTHKIT["API_KEY_CACHE_SECONDS"]`` is set. What changes a key through its model
writes a mark that nobody remembers anything over until it lapses, so a request that read
the row before the change cannot put it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.cache import cache
from django.db import transaction

from authkit.conf import conf

CHANGED = "changed"


def recall(prefix: str) -> list[Any] | None:
    row: Any = cache.get(_name(prefix))
    return None if row == CHANGED else row


def remember(prefix: str, row: list[Any]) -> None:
    cache.add(_name(prefix), row, conf.API_KEY_CACHE_SECONDS)


def forget(prefixes: Iterable[str], *, using: str) -> None:
    """Forget keys once the change of their rows has been committed."""
    seconds = conf.API_KEY_CACHE_SECONDS
    if seconds:
        marks = {_name(prefix): CHANGED for prefix in prefixes}
        transaction.on_commit(partial(cache.set_many, marks, seconds), using=using)


def _name(prefix: str) -> str:
    return f"authkit.api_key.{prefix}"
