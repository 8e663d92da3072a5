"""The database beside an event loop: in the thread of Django's ORM, with connections that work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function that may ask the database."""
    return await sync_to_async(_with_usable_connections)(partial(function, *args, **kwargs))


def _with_usable_connections(function: Callable[[], Any]) -> Any:
    # Django does this before and after each request, of which there is none.
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()
