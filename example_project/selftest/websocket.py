"""A WebSocket of one participant of a room, with the frames that it has been sent."""

from __future__ import annotations

import json
from contextlib import contextmanager

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from example_project.selftest.client import TIMEOUT_SECONDS, Answer, NotSo


class Socket:
    def __init__(self, connection):
        self.connection = connection

    def send(self, **frame):
        self.connection.send(json.dumps(frame))

    def next(self, kind):
        """Return the next frame of a kind; those before it are of no interest."""
        while True:
            try:
                frame = json.loads(self.connection.recv(timeout=TIMEOUT_SECONDS))
            except (ConnectionClosed, TimeoutError) as ended:
                raise NotSo(f"a frame {kind}", ended) from None
            if frame["type"] == kind:
                return frame

    def expect_close(self, code, reason):
        """Read until the server closes, and compare how."""
        try:
            while True:
                self.connection.recv(timeout=TIMEOUT_SECONDS)
        except ConnectionClosed as closed:
            came = closed.rcvd
        except TimeoutError as silence:
            came = silence
        if (getattr(came, "code", None), getattr(came, "reason", None)) != (code, reason):
            raise NotSo(f"close code {code} and {reason}", came)


@contextmanager
def opened(client, path, ticket=None):
    """Connect with the credential of a client, or as a browser does, with a ticket."""
    offered = {} if ticket is None else as_browser(client, ticket)
    headers = {"Authorization": f"Bearer {client.access}"} if client.access else {}
    if client.api_key:
        headers["X-API-Key"] = client.api_key
    with connect(
        f"ws://{client.host}:{client.port}{path}",
        additional_headers=None if offered else headers,
        proxy=None,
        **offered,
    ) as connection:
        yield Socket(connection)


def as_browser(client, ticket):
    return {"subprotocols": ["authkit", f"authkit.ticket.{ticket}"], "origin": client.origin}


def refused(client, path):
    """Return the answer to a handshake that is refused."""
    try:
        with opened(client, path):
            raise NotSo("a refused handshake", "an open WebSocket")
    except InvalidStatus as refusal:
        response = refusal.response
        body = response.body or b""
        return Answer(f"WebSocket {path}", response.status_code, response.headers, bytes(body))
