"""Streaming responses that end with the credential of their client, under ASGI and WSGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from authkit.api_keys.models import APIKey
from authkit.connections import registry
from authkit.connections.registry import Connection
from authkit.connections.watcher import watcher
from authkit.core.http.client import client_of
from authkit.principals.principal import Principal
from authkit.principals.resolve import principal_of
from authkit.realtime.admission import code_of, note_end, note_opened
from authkit.sessions.access.bearer import AccessToken

Response = TypeVar("Response", bound=HttpResponseBase)


def end_with_credential(
    response: Response,
    request: Request | HttpRequest,
    principal: Principal | None = None,
) -> Response:
    """Return a response whose stream ends when the session or the key of its client does.

    Under ASGI it ends at once. Under WSGI, a thread that waits for its source cannot be told: the
    stream ends before the next chunk, so let the source send a comment every few seconds.
    A stream of a client without a session or a key of authkit stays as it is, and so does a
    response that is no stream, such as the refusal of a view that is called by this one.

    :param principal: who the request acts for, in views that are not REST framework's.
    """
    if principal is None and isinstance(request, Request):
        auth: Any = request.auth
        if isinstance(auth, AccessToken | APIKey):
            principal = principal_of(request.user, auth)
    if principal is None or not isinstance(response, StreamingHttpResponse):
        return response
    client = client_of(getattr(request, "_request", request))
    connection = Connection(principal, client)
    follow: Callable[..., Any] = _until_ended_async if response.is_async else _until_ended
    response.streaming_content = follow(connection, response.streaming_content)
    return response


def _until_ended(connection: Connection, source: Iterator[bytes]) -> Iterator[bytes]:
    note_opened(connection.principal, connection.client)
    watcher.follow(connection)
    try:
        for chunk in source:
            if connection.error is not None:
                break
            yield chunk
    finally:
        _leave(connection)


async def _until_ended_async(
    connection: Connection, source: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the server is gone
            loop.call_soon_threadsafe(ended.set)

    connection.wake = wake
    await sync_to_async(note_opened)(connection.principal, connection.client)
    watcher.follow(connection)
    ending = loop.create_task(ended.wait())
    try:
        while (chunk := await _next(source, ending)) is not None:
            yield chunk
    finally:
        ending.cancel()
        await sync_to_async(_leave)(connection)


async def _next(source: AsyncIterator[bytes], ending: asyncio.Task[Any]) -> bytes | None:
    """Return the next chunk; None at the end of the source, or of the credential."""
    step: asyncio.Future[bytes] = asyncio.ensure_future(anext(source))
    try:
        await asyncio.wait({step, ending}, return_when=asyncio.FIRST_COMPLETED)
        return None if ending.done() else step.result()
    except StopAsyncIteration:
        return None
    finally:
        if not step.done():
            step.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await step


def _leave(connection: Connection) -> None:
    registry.discard(connection)
    note_end(connection, "closed" if connection.error is None else code_of(connection.error))
