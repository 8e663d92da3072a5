"""What passes between a server and an application, until the credential of the client ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from math import ceil
from typing import Any

from rest_framework.exceptions import APIException

from authkit.connections.registry import Connection
from authkit.errors import AuthkitError
from authkit.principals.responses import refusal_response
from authkit.realtime.admission import code_of
from authkit.realtime.handshake import Handshake, may_answer_with
from authkit.realtime.origins import OriginRefused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: How long an application may take to end once it has received the disconnect.
LEAVE_SECONDS = 10

#: A code of applications (RFC 6455 section 7.4.2): 4000 and the status of HTTP, as in 4401.
FIRST_CODE = 4000

#: What a close frame has room for, in bytes (RFC 6455 section 5.5); codes of a project may be long.
MAX_REASON = 123


class Relay:
    """One WebSocket. ``receive`` and ``send`` are for the application."""

    def __init__(self, handshake: Handshake, receive: Receive, send: Send) -> None:
        # Not the handshake: a socket may be idle for hours, and it has all headers once more.
        self._neutral = handshake.answer
        self._is_from_browser = handshake.is_from_browser
        self._has_responses = "websocket.http.response" in (handshake.scope.get("extensions") or {})
        self.error: APIException | None = None
        self.is_accepted = False
        self.is_closed = False
        self.was_cut = False
        self.connection: Connection | None = None
        self._receive = receive
        self._send = send
        self._ending: asyncio.Task[None] | None = None
        self._unread: list[Message] = []

    def wake_in(
        self, loop: asyncio.AbstractEventLoop, serving: asyncio.Task[Any] | None
    ) -> Callable[[], None]:
        """Return what ends this WebSocket, in any thread.

        :param serving: the task of the application, which is cancelled if it does not leave.
        """

        def end() -> None:
            self._ending = loop.create_task(self._end_with_credential(serving))

        def wake() -> None:
            with suppress(RuntimeError):  # the server is gone
                loop.call_soon_threadsafe(end)

        return wake

    def leave(self) -> None:
        """Let go: the application has returned."""
        if self._ending is not None:
            self._ending.cancel()

    async def _end_with_credential(self, serving: asyncio.Task[Any] | None) -> None:
        if self.connection is not None and self.connection.error is not None:
            await self.end(self.connection.error)
        await asyncio.sleep(LEAVE_SECONDS)
        if serving is not None:
            self.was_cut = True
            serving.cancel()

    async def receive(self) -> Message:
        """Return the next message of the client; a disconnect once the credential has ended."""
        message = self._unread.pop() if self._unread else await self._receive()
        if message["type"] == "websocket.disconnect":
            self.is_closed = True
        if self.error is not None:
            return {"type": "websocket.disconnect", **_closing(self.error)}
        return message

    async def send(self, message: Message) -> None:
        """Pass on what the application sends; nothing once the credential has ended."""
        kind = message["type"]
        if kind == "websocket.accept":
            await self._accept(message)
            return
        if self.error is not None or self.is_closed:
            return
        if kind == "websocket.close":
            self.is_closed = True
        await self._send(message)

    async def accept_first(self) -> None:
        """Accept the handshake before the application is asked, which is asked all the same."""
        self._unread = [await self._receive()]
        await self._accept_now()

    async def _accept_now(self) -> None:
        self.is_accepted = True
        await self._send({"type": "websocket.accept", "subprotocol": self._neutral})

    async def end(self, error: APIException) -> None:
        """Close what is open because of an error, and let the application know.

        A browser can read code and reason of a close frame, and not the answer to a handshake.
        """
        if self.error is not None:
            return
        self.error = error
        if self.is_accepted and not self.is_closed:
            self.is_closed = True
            with suppress(OSError):  # the client has left
                await self._send({"type": "websocket.close", **_closing(error)})

    async def next_message(self, seconds: float) -> Message | None:
        """Return what the client sends in this time; None if it sends nothing."""
        try:
            return await asyncio.wait_for(self._receive(), seconds)
        except TimeoutError:
            return None

    async def refuse(self, error: APIException) -> None:
        """Refuse a handshake, or close what was accepted before."""
        if self.is_accepted or self.is_closed:
            await self.end(error)
        elif self._answers_in_http(error):
            self.error, self.is_closed = error, True
            await self._answer(error)
        else:
            await self._accept_now()
            await self.end(error)

    def _answers_in_http(self, error: APIException) -> bool:
        # The page of another site is told nothing.
        return isinstance(error, OriginRefused) or (
            not self._is_from_browser and self._has_responses
        )

    async def _answer(self, error: APIException) -> None:
        if not self._has_responses:
            await self._send({"type": "websocket.close"})  # answered 403 by the server
            return
        response = refusal_response(error if isinstance(error, AuthkitError) else _plain(error))
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in response.items()
        ]
        await self._send(
            {
                "type": "websocket.http.response.start",
                "status": response.status_code,
                "headers": headers,
            }
        )
        await self._send({"type": "websocket.http.response.body", "body": response.content})
        # uvicorn logs an error where an application returns before its transport is closed.
        await asyncio.sleep(0)

    async def _accept(self, message: Message) -> None:
        if not self.is_accepted and not self.is_closed:
            self.is_accepted = True
            chosen = message.get("subprotocol")
            if not may_answer_with(chosen):
                chosen = self._neutral
            await self._send({**message, "subprotocol": chosen})
            if self.error is not None:  # it has ended meanwhile
                self.is_closed = True
                await self._send({"type": "websocket.close", **_closing(self.error)})


def _closing(error: APIException) -> dict[str, Any]:
    reason = code_of(error).encode("ascii", "replace").decode()[:MAX_REASON]
    return {"code": FIRST_CODE + error.status_code, "reason": reason}


def _plain(error: APIException) -> AuthkitError:
    """Return an error of REST framework as one that has the headers of an answer."""
    plain = AuthkitError(error.detail, code_of(error))
    plain.status_code = error.status_code
    wait = getattr(error, "wait", None)
    plain.wait = None if wait is None else ceil(wait)
    return plain
