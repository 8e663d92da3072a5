"""A real server in a thread of this process, and real clients."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager

import pytest
import uvicorn
from django.db import connections
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.realtime.application import application


@pytest.fixture(scope="module")
def server():
    """The port of the server.

    It runs during no test of another module: a clock that is moved there would stop its event loop.
    """
    # A connection that a failed test left open is not waited for.
    configured = uvicorn.Config(
        application, lifespan="off", log_level="warning", timeout_graceful_shutdown=5
    )
    running = uvicorn.Server(configured)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    running.should_exit = True
    thread.join()
    connections.close_all()


@pytest.fixture(autouse=True)
def _nothing_was_counted_before(nothing_was_counted_before):
    """Each test may open as many connections as are allowed."""


@pytest.fixture
def open_socket(server):
    """A function that opens a WebSocket; the test closes it, as a context."""

    def opened(path="ws/", **options):
        options.setdefault("proxy", None)
        return connect(f"ws://127.0.0.1:{server}/{path}", **options)

    return opened


@contextmanager
def seen(socket):
    """Yield what the server says first, and close the socket."""
    with socket as opened:
        yield json.loads(opened.recv(timeout=10))


def offering(ticket, *others):
    return {"subprotocols": ["authkit", f"authkit.ticket.{ticket}", *others]}


def by_header(access=None, key=None, **more):
    headers = {"Authorization": f"Bearer {access}"} if access else {}
    return {"additional_headers": {**headers, **({"X-API-Key": key} if key else {}), **more}}


SITE = "http://127.0.0.1"


def drain(opened):
    while True:
        opened.recv(timeout=20)


def closing(opened):
    """Return the code and the reason with which a socket is closed."""
    with opened as one:
        with pytest.raises(ConnectionClosed) as closed:
            drain(one)
        frame = closed.value.rcvd
        return frame and (frame.code, frame.reason)


def answer(open_socket, *arguments, **options):
    """Return the status, the headers and the body by which a handshake is refused."""
    with pytest.raises(InvalidStatus) as refused, open_socket(*arguments, **options):
        pass
    response = refused.value.response
    return response.status_code, response.headers, response.body
