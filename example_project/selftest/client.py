"""A small HTTP client. It knows nothing of Django: what it sees is what any client sees."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import urlencode

import httpx

TIMEOUT_SECONDS = 60
LONGEST_BODY_SHOWN = 1000

#: What a report of a failure must not give away, and no table may keep.
SECRETS = re.compile(
    r"""
    eyJ[\w-]+\.[\w-]+\.[\w-]+                                # tokens and challenges
    | (?<![\w-])[a-z0-9-]+_[A-Za-z0-9]{8}_[A-Za-z0-9]{38}(?![\w-])  # API keys
    | \b[A-Z2-7]{32}\b                                       # secrets of authenticator apps
    | data:image/svg\+xml[^\s"&]+                             # the same as a QR code
    | (?<![\w-])(?:[0-9a-z]{4}-){3}[0-9a-z]{4}(?![\w-])      # recovery codes
    """,
    re.VERBOSE,
)


class NotSo(Exception):
    """A step found something else than it expected."""

    def __init__(self, expected, came):
        super().__init__(expected)
        self.expected = expected
        self.came = came


@dataclass(frozen=True)
class Answer:
    request: str
    status: int
    headers: httpx.Headers
    body: bytes

    @cached_property
    def data(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise NotSo("a body of JSON", self) from None

    @property
    def code(self):
        return self.data.get("code")

    def is_error(self):
        return self.status >= 400

    def expect(self, *statuses, code=None):
        """Return this answer if its status is one of `statuses` and its code is `code`."""
        self.that(self.status in statuses, f"status {' or '.join(map(str, statuses))}")
        if code is not None:
            self.that(self.code == code, f"code {code}")
        return self

    def expect_header(self, name, start):
        value = self.headers.get(name, "")
        return self.that(value.lower().startswith(start.lower()), f"header {name}: {start}")

    def that(self, condition, expected):
        if not condition:
            raise NotSo(expected, self)
        return self

    def __str__(self):
        text = self.body.decode("utf-8", "replace")[:LONGEST_BODY_SHOWN]
        head = [self.request, f"status {self.status}", *map(": ".join, self.headers.items())]
        return mask("\n".join([*head, "", text]))


def new_http():
    # No proxy of the environment stands between.
    return httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)


@dataclass(frozen=True)
class Client:
    """Sends requests to one server, with one credential, with both, or with none."""

    host: str
    port: int
    access: str | None = None
    api_key: str | None = None
    http: httpx.Client = field(default_factory=new_http, repr=False)

    @property
    def origin(self):
        return f"http://{self.host}:{self.port}"

    def using(self, *, access=None, api_key=None):
        return replace(self, access=access, api_key=api_key)

    def get(self, path, query=None):
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path, data=None):
        return self.send("POST", path, data)

    def patch(self, path, data):
        return self.send("PATCH", path, data)

    def delete(self, path):
        return self.send("DELETE", path)

    def send(self, method, path, data=None):
        if data is None:
            return self.send_raw(method, path)
        return self.send_raw(method, path, json.dumps(data).encode(), "application/json")

    def send_raw(self, method, path, body=None, content_type=None):
        headers = self._headers(**{"Content-Type": content_type} if content_type else {})
        response = self.http.request(method, self.origin + path, content=body, headers=headers)
        return Answer(f"{method} {path}", response.status_code, response.headers, response.content)

    def stream(self, path, data):
        """Yield name and data of each server-sent event of an answer, when it comes."""
        headers = self._headers(Accept="text/event-stream")
        with self.http.stream("POST", self.origin + path, json=data, headers=headers) as response:
            if response.is_error:
                body = response.read()
                answer = Answer(f"POST {path}", response.status_code, response.headers, body)
                raise NotSo("a stream", answer)
            yield from read_events(response.iter_lines())

    def _headers(self, **more):
        headers = {"Accept": "*/*", "User-Agent": "selftest", "Connection": "close", **more}
        if self.access is not None:
            headers["Authorization"] = f"Bearer {self.access}"
        if self.api_key is not None:
            headers["X-API-Key"] = self.api_key
        # What is no ASCII is sent as well: some steps are about such a credential.
        return httpx.Headers(headers, encoding="latin-1")


def read_events(lines):
    name = ""
    for line in lines:
        field_name, _, value = line.partition(": ")
        if field_name == "event":
            name = value
        elif field_name == "data":
            yield name, json.loads(value)


def mask(text):
    return SECRETS.sub("[masked]", text)
