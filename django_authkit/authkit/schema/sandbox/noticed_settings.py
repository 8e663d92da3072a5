"""Notices that the project's code reads a setting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def noticed(name: str) -> Iterator[Callable[[], bool]]:
    """Yield what tells, afterwards, whether the setting was read inside.

    Django's settings keep every value that was read, until a setting is changed. So what was read
    is what they have kept.
    """
    kept = vars(settings)
    kept.pop(name, None)
    read: list[bool] = []
    try:
        yield lambda: bool(read)
    finally:
        if name in kept:
            read.append(True)
