"""Runs what the code of asynchronous views leaves to be awaited."""

from __future__ import annotations

import warnings
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import wraps
from inspect import isawaitable, iscoroutine
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async


async def _result(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def completed(value: Any) -> Any:
    """Return what *value* comes to, if it has to be awaited, else *value*.

    Raises what it raises, and ``RuntimeError`` on an event loop.
    """
    if not isawaitable(value):
        return value
    try:
        return async_to_sync(_result)(value)
    finally:
        dismissed(value)


def dismissed(value: Any) -> bool:
    """Tell whether *value* is a coroutine, and end it if it has not ended."""
    if iscoroutine(value):
        value.close()
        return True
    return False


def in_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return *function* for code that awaits it: run beside the event loop, where SQL is allowed.

    A coroutine that it returns is run on the loop.
    """

    @wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        result = await sync_to_async(function)(*args, **kwargs)
        return await result if isawaitable(result) else result

    return awaited


def off_loop(function: Callable[[], Any]) -> Any:
    """Return what *function* returns, run where coroutines can be run to their end.

    That is a thread if there is an event loop in this one, as where a document is served by an
    asynchronous view.
    """
    try:
        get_running_loop()
    except RuntimeError:
        return function()
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(copy_context().run, function).result()


@contextmanager
def unawaited_are_no_news() -> Iterator[None]:
    """Let coroutines pass in silence that the project's code drops. What follows is decided."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        yield
