"""Bodies without Content-Length, over the sockets of real servers (RFC 9112 section 7.1)."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from authkit.core.http.body.parsers import MAX_BODY_BYTES
from django.core.asgi import get_asgi_application
from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connections

ROOT = Path(__file__).resolve().parents[3]
BODY = b'{"token": "not a token"}'
LISTENING = re.compile(rb"Listening at: http://127\.0\.0\.1:(\d+)")


@contextmanager
def of_django():
    """WSGI: the server of runserver, which decodes no chunks."""
    with WSGIServer(("127.0.0.1", 0), WSGIRequestHandler) as server:
        server.set_app(get_wsgi_application())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def gunicorn():
    """WSGI: decodes chunks, and says so with ``wsgi.input_terminated``."""
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--no-control-socket"]
    application = "django.core.wsgi:get_wsgi_application()"
    process = subprocess.Popen(
        [*command, application],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        stderr=subprocess.PIPE,
    )
    try:
        port = next(found[1] for line in process.stderr if (found := LISTENING.search(line)))
        yield int(port)
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def asgi():
    """ASGI: Django receives the whole body."""
    application = get_asgi_application()
    server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_level="error"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        connections.close_all()


SERVERS = {"django": of_django, "gunicorn": gunicorn, "asgi": asgi}
DECODING = ("gunicorn", "asgi")


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    with SERVERS[request.param]() as port:
        yield request.param, port


def ask(port, body, *headers, path="token/verify/"):
    """Send the bytes of a body as they are; return status and decoded answer."""
    head = [
        f"POST /api/v1/auth/{path} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        "Content-Type: application/json",
        *headers,
    ]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        with connection.makefile("rb") as answer:
            status = int(answer.readline().split()[1])
            while answer.readline().strip():
                pass
            content = answer.read()
    return status, json.loads(content[content.index(b"{") : content.rindex(b"}") + 1])


def chunked(*parts):
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
    return b"".join([*chunks, b"0\r\n\r\n"])


def test_a_chunked_body_is_read_or_refused_and_never_taken_for_empty(server):
    name, port = server
    status, answer = ask(port, chunked(BODY[:9], BODY[9:]), "Transfer-Encoding: chunked")
    if name in DECODING:
        assert (status, answer["code"]) == (401, "token_invalid")
    else:
        assert (status, answer["code"]) == (400, "length_required")
        assert "Content-Length" in answer["detail"]


def test_a_body_with_a_length_is_read(server):
    status, answer = ask(server[1], BODY, f"Content-Length: {len(BODY)}")
    assert (status, answer["code"]) == (401, "token_invalid")


def test_no_body_at_all_lacks_its_fields(server):
    status, answer = ask(server[1], b"")
    assert (status, answer) == (400, {"token": ["This field is required."]})


def test_an_empty_chunked_body_lacks_its_fields(server):
    name, port = server
    status, answer = ask(port, chunked(), "Transfer-Encoding: chunked")
    lacking = {"token": ["This field is required."]}
    assert status == 400
    assert answer == lacking or (name not in DECODING and answer["code"] == "length_required")


def test_a_chunked_body_is_bounded(server):
    name, port = server
    too_long = b'{"token": "' + b"a" * MAX_BODY_BYTES + b'"}'
    status, answer = ask(port, chunked(too_long), "Transfer-Encoding: chunked")
    code = "parse_error" if name in DECODING else "length_required"
    assert (status, answer["code"]) == (400, code)


def test_a_malformed_chunk_is_no_crash(server):
    assert raw_status(server[1], b"zz\r\n{}\r\n0\r\n\r\n") == 400


def raw_status(port, body):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST /api/v1/auth/token/verify/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        )
        return int(connection.makefile("rb").readline().split()[1])
