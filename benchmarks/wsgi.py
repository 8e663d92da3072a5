"""Whole requests through Django's WSGI handler, without a server or a test client."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.handlers.wsgi import WSGIHandler


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@cache
def handler() -> WSGIHandler:
    return WSGIHandler()


def get(path: str, **headers: str) -> dict[str, Any]:
    """Return the environ of a GET; ``headers`` are named as WSGI names them."""
    return _environ("GET", path, b"", headers)


def post(path: str, body: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    """Return the environ of a POST of JSON."""
    return _environ(
        "POST", path, json.dumps(body).encode(), {"CONTENT_TYPE": "application/json", **headers}
    )


def call(environ: dict[str, Any]) -> Callable[[], Answer]:
    """Return a function that sends the request once: the part that is measured."""
    statuses: list[str] = []
    application = handler()

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses.append(status)

    def send() -> Answer:
        response = application(environ, start_response)
        body = b"".join(response)
        response.close()
        return Answer(int(statuses[-1][:3]), body)

    return send


def _environ(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_USER_AGENT": "benchmark",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        **headers,
    }
