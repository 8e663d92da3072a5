from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.exceptions import APIException, ParseError

from authkit.connections import registry
from authkit.connections.registry import Connection
from authkit.connections.watcher import watcher
from authkit.core.http.client import Client, client_of
from authkit.core.limits.rates import parse
from authkit.errors import CredentialMissing
from authkit.principals.principal import Principal
from authkit.principals.resolve import TOKENS_AND_KEYS, Authenticators
from authkit.realtime.admission import (
    ANONYMOUS,
    Admitted,
    Policy,
    code_of,
    note_end,
    note_refusal,
)
from authkit.realtime.database import in_thread
from authkit.realtime.handshake import Handshake, Scope, without_tickets
from authkit.realtime.relay import Receive, Relay, Send

Application = Callable[[Any, Receive, Send], Awaitable[None]]

#: How long a client may take to send a ticket as its first message, and how long that may be.
FIRST_MESSAGE_SECONDS = 10
FIRST_MESSAGE_LENGTH = 1024


class AuthkitMiddleware:
    """Authenticates WebSockets as requests are, and ends them with their session or key.

    Around the routes of Channels, or any other ASGI application. ``scope["user"]`` and
    ``scope["auth"]`` are what ``request.user`` and ``request.auth`` are in a view.

    :param authenticators: classes of :mod:`authkit.authentication`, whose headers native clients
        may send; every client may send a ticket as subprotocol.
    :param required: False admits clients without a credential; their user is anonymous.
    :param origins: the other sites whose pages may connect, such as ``https://app.example.com``;
        by default ``CSRF_TRUSTED_ORIGINS``. Pages of this site may in any case.
    :param first_message: whether a client without a credential may send a ticket as its first
        message, ``{"ticket": "..."}``, for those that can choose neither header nor subprotocol.
    :param per_client: how many handshakes a client network may make.
    :param per_account: how many a user or a key may.
    """

    def __init__(
        self,
        app: Application,
        *,
        authenticators: Authenticators = TOKENS_AND_KEYS,
        required: bool = True,
        origins: Sequence[str] | None = None,
        first_message: bool = False,
        per_client: str = "600/min",
        per_account: str = "120/min",
    ) -> None:
        _check_authenticators(authenticators)
        self.app = app
        self.first_message = first_message
        self.policy = Policy(
            authenticators, required, origins, parse(per_client), parse(per_account)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        try:
            handshake = Handshake(scope)
        except ParseError:
            await receive()
            await send({"type": "websocket.close"})  # answered 403 by the server
            return
        relay, client = Relay(handshake, receive, send), client_of(handshake)
        try:
            principal = await self._admitted(handshake, relay)
        except APIException as error:
            await in_thread(note_refusal, client, error)
            if not relay.is_accepted:
                await receive()
            with suppress(OSError):  # the client has left
                await relay.refuse(error)
            return
        del handshake
        connection = None if principal is None else _followed(principal, client, relay)
        await self._serve(without_tickets(scope), relay, connection)

    async def _admitted(self, handshake: Handshake, relay: Relay) -> Principal | None:
        required = self.policy.required and not self.first_message
        principal = await in_thread(self.policy.admit, handshake, required=required)
        if principal is None and self.first_message:
            ticket = await self._first_ticket(relay)
            if ticket is None and self.policy.required:
                raise CredentialMissing
            if ticket is not None:
                principal = await in_thread(self.policy.admit_ticket, handshake, ticket)
        admitted: Principal | None = principal
        return admitted

    async def _first_ticket(self, relay: Relay) -> str | None:
        """Return the ticket in the first message; None if there is none in it, or in time."""
        await relay.accept_first()
        message = await relay.next_message(FIRST_MESSAGE_SECONDS)
        text = (message or {}).get("text")
        if not isinstance(text, str) or len(text) > FIRST_MESSAGE_LENGTH:
            return None
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return None
        ticket = said.get("ticket") if isinstance(said, dict) else None
        return ticket if isinstance(ticket, str) else None

    async def _serve(
        self, scope: dict[str, Any], relay: Relay, connection: Connection | None
    ) -> None:
        shown = ANONYMOUS if connection is None else connection.principal
        scope |= {"user": shown.user, "auth": shown.auth, "authkit": Admitted(scope, connection)}
        del shown  # the connection has a newer one soon
        reason = "closed"
        try:
            await self.app(scope, relay.receive, relay.send)
        except APIException as error:
            reason = code_of(error)
            await relay.refuse(error)
        except asyncio.CancelledError:
            if not relay.was_cut:
                raise
        finally:
            relay.leave()
            if connection is not None:
                registry.discard(connection)
                ended_by = reason if connection.error is None else code_of(connection.error)
                await in_thread(note_end, connection, ended_by)


def _followed(principal: Principal, client: Client, relay: Relay) -> Connection:
    """Return a connection that ends with its credential, from now on."""
    wake = relay.wake_in(asyncio.get_running_loop(), asyncio.current_task())
    connection = Connection(principal, client, wake)
    relay.connection = connection
    watcher.follow(connection)
    return connection


def _check_authenticators(authenticators: Authenticators) -> None:
    for one in authenticators:
        if getattr(one, "query_parameter", None):
            raise ImproperlyConfigured(
                f"{one.__name__} takes a credential from the URL of a WebSocket, which is kept in "
                "logs. Browsers send a ticket as subprotocol, which needs no authenticator."
            )
        if getattr(one, "model", None):
            raise ImproperlyConfigured(
                f"{one.__name__} takes keys of another table: connections do not end with them."
            )
