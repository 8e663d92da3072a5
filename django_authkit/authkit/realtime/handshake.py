"""The handshake of a WebSocket, as a request of Django; and the limits of its size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from rest_framework.exceptions import ParseError

Scope = Mapping[str, Any]

#: What a client offers beside a ticket, and is answered with: RFC 6455 section 4.2.2 allows no
#: other subprotocol than one of those offered, and the ticket must not be repeated.
NEUTRAL = "authkit"
TICKET_PREFIX = "authkit.ticket."

#: Servers allow 64 KiB and more; a token has 4 KiB at most.
MAX_HEADER_BYTES = 32 * 1024
MAX_URL_BYTES = 8 * 1024
MAX_SUBPROTOCOLS = 16

#: RFC 9110 section 5.6.2, of which a subprotocol is one.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,512}", re.ASCII)

#: The schemes of HTTP, which a handshake is in, by those of WebSockets.
_SCHEMES = {"ws": "http", "wss": "https"}


class Handshake(ASGIRequest):
    """The GET that opens a WebSocket (RFC 6455 section 4.1). It has headers, and no body."""

    def __init__(self, scope: Scope) -> None:
        """Read a scope.

        :raises ParseError: it is larger than handshakes are, or malformed.
        """
        _check_size(scope)
        # Of X-API-Key and X_API_Key, META has one name: older versions of Django take both.
        headers = [one for one in scope.get("headers", ()) if b"_" not in one[0]]
        try:
            super().__init__({**scope, "method": "GET", "headers": headers}, BytesIO())
            self.path.encode()
        except UnicodeError:
            raise ParseError from None
        if "\0" in self.path:
            raise ParseError
        self.subprotocols: Sequence[str] = scope.get("subprotocols", ())

    @property
    def tickets(self) -> list[str]:
        """The tickets that the client has offered as subprotocols."""
        return [one.removeprefix(TICKET_PREFIX) for one in self.subprotocols if _has_ticket(one)]

    @property
    def answer(self) -> str | None:
        """The subprotocol that accepts the handshake where the application chooses none."""
        return NEUTRAL if NEUTRAL in self.subprotocols else None

    @property
    def is_from_browser(self) -> bool:
        """Whether a browser sent it, which cannot read the answer of HTTP (RFC 6455, 10.2)."""
        return "HTTP_ORIGIN" in self.META

    def _get_scheme(self) -> str:
        return _SCHEMES.get(self.scope.get("scheme", "ws"), "http")


def without_tickets(scope: Scope) -> dict[str, Any]:
    """Return a copy of a scope for the application, which may log or repeat what is in it."""
    headers = [
        (name, _cleaned(value) if name.lower() == b"sec-websocket-protocol" else value)
        for name, value in scope.get("headers", ())
    ]
    offered = [one for one in scope.get("subprotocols", ()) if not _has_ticket(one)]
    return {**scope, "headers": headers, "subprotocols": offered}


def may_answer_with(subprotocol: str | None) -> bool:
    return subprotocol is not None and not _has_ticket(subprotocol)


def _has_ticket(subprotocol: str) -> bool:
    return subprotocol.startswith(TICKET_PREFIX)


def _cleaned(header: bytes) -> bytes:
    offered = (one.strip() for one in header.split(b","))
    return b", ".join(one for one in offered if not one.startswith(TICKET_PREFIX.encode()))


def _check_size(scope: Scope) -> None:
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers", ())
    url = len(scope["path"]) + len(scope.get("query_string", b""))
    subprotocols = scope.get("subprotocols", ())
    if (
        url > MAX_URL_BYTES
        or len(subprotocols) > MAX_SUBPROTOCOLS
        or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES
        or not all(map(_TOKEN.fullmatch, subprotocols))
    ):
        raise ParseError
