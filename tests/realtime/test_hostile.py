"""Handshakes that no browser sends: refused, without a traceback, and at little cost."""

import pytest
from asgiref.sync import async_to_sync
from authkit.models import SecurityEvent
from authkit.realtime import AuthkitMiddleware
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import APIException, Throttled

from tests.realtime.conftest import answer, offering

pytestmark = pytest.mark.django_db(transaction=True)


async def never(scope, receive, send):
    raise AssertionError("The application was asked.")


def said_to(scope, *messages, **options):
    """Return what the middleware answers to a scope; the application must not be asked."""
    return async_to_sync(asaid_to)(AuthkitMiddleware(never, **options), scope, *messages)


async def asaid_to(middleware, scope, *messages):
    incoming = [{"type": "websocket.connect"}, *messages, {"type": "websocket.disconnect"}]
    outgoing = []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        outgoing.append(message)

    await middleware(scope, receive, send)
    return outgoing


def scope(**changes):
    return {
        "type": "websocket",
        "scheme": "ws",
        "path": "/ws/",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
        "client": ["203.0.113.7", 1234],
        "server": ["testserver", 80],
        "extensions": {},
        **changes,
    }


def headers(**sent):
    return {"headers": [(name.encode(), value) for name, value in sent.items()]}


CLOSED = [{"type": "websocket.close"}]

MALFORMED = {
    "1 MB in a header": headers(a=b"a" * 2**20),
    "1 MB in many headers": {"headers": [(b"a%d" % n, b"b" * 100) for n in range(10**4)]},
    "10,000 subprotocols": {"subprotocols": [f"a{n}" for n in range(10**4)]},
    "a long subprotocol": {"subprotocols": ["a" * 10**5]},
    "NUL in a subprotocol": {"subprotocols": ["authkit.ticket.\0"]},
    "a surrogate in a subprotocol": {"subprotocols": ["authkit.ticket.\ud800"]},
    "a line break in a subprotocol": {"subprotocols": ["authkit.ticket.a\r\nX: y"]},
    "an empty subprotocol": {"subprotocols": [""]},
    "letters of others in a subprotocol": {"subprotocols": ["authkit.ticket.é"]},
    "NUL in the path": {"path": "/ws/\0"},
    "a surrogate in the path": {"path": "/ws/\ud800"},
    "a long path": {"path": "/" + "a" * 10**5},
    "a long query": {"query_string": b"a" * 10**5},
    "bytes in the query": {"query_string": b"a=\xff\xfe"},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_refused_before_anything_is_asked(changes):
    with CaptureQueriesContext(connection) as queries:
        assert said_to(scope(**changes)) == CLOSED
        assert said_to(scope(**changes), required=False, first_message=True) == CLOSED
    assert queries.captured_queries == []


REFUSED = {
    "NUL in a token": (headers(authorization=b"Bearer a\0b"), (4401, "token_invalid")),
    "bytes in a token": (headers(authorization=b"Bearer \xff\xfe"), (4401, "token_invalid")),
    "a long token": (headers(authorization=b"Bearer " + b"a" * 20000), (4401, "token_invalid")),
    "two headers": (
        {"headers": [(b"authorization", b"Bearer a")] * 2},
        (4401, "token_invalid"),
    ),
    "bytes in a key": ({"headers": [(b"x-api-key", b"\xff\0")]}, (4401, "api_key_invalid")),
    "a header with an underscore": (headers(x_api_key=b"a"), (4401, "not_authenticated")),
    "an odd length": (headers(**{"content-length": b"-1"}), (4401, "not_authenticated")),
    "an odd type": (headers(**{"content-type": b"a; charset=\xff"}), (4401, "not_authenticated")),
    "an empty ticket": ({"subprotocols": ["authkit.ticket."]}, (4401, "ticket_invalid")),
    "a long ticket": (
        {"subprotocols": ["authkit.ticket." + "a" * 400]},
        (4401, "ticket_invalid"),
    ),
    "no client": ({"client": None, "server": None}, (4401, "not_authenticated")),
    "a client without an IP": ({"client": ["unix:", 0]}, (4401, "not_authenticated")),
    "no extensions": ({"extensions": None}, (4401, "not_authenticated")),
    "a query that repeats": ({"query_string": b"a&" * 2000}, (4401, "not_authenticated")),
}


@pytest.mark.parametrize(("changes", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_valid_is_closed_with_its_reason(changes, expected):
    accepted, closed = said_to(scope(**changes))
    assert accepted["type"] == "websocket.accept"
    assert (closed["type"], (closed["code"], closed["reason"])) == ("websocket.close", expected)


def said_by(application, **changes):
    """Return what an application sends to a client that it lets in without a credential."""
    incoming = [{"type": "websocket.connect"}, {"type": "websocket.disconnect"}]
    outgoing = []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        outgoing.append(message)

    middleware = AuthkitMiddleware(application, required=False)
    async_to_sync(middleware)(scope(**changes), receive, send)
    return outgoing


def test_the_application_may_refuse_in_http_itself():
    said = [
        {"type": "websocket.http.response.start", "status": 418, "headers": []},
        {"type": "websocket.http.response.body", "body": b"a teapot"},
    ]

    async def refusing(scope, receive, send):
        for message in said:
            await send(message)

    assert said_by(refusing) == said


def test_a_code_of_the_project_fits_into_a_close_frame():
    async def refusing(scope, receive, send):
        await send({"type": "websocket.accept"})
        raise APIException("No.", "é" * 500)

    closed = said_by(refusing)[-1]
    assert (closed["code"], closed["reason"]) == (4500, "?" * 123)


def test_a_limit_of_the_project_says_when_to_come_back():
    async def refusing(scope, receive, send):
        raise Throttled(12.3)

    start, _ = said_by(refusing, extensions={"websocket.http.response": {}})
    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (429, b"13")


def test_every_refusal_can_be_put_into_a_close_frame():
    """RFC 6455 section 5.5: 125 bytes, of which two are the code."""
    for changes, _ in REFUSED.values():
        _, closed = said_to(scope(**changes))
        assert len(closed["reason"].encode()) <= 123
        assert 4000 <= closed["code"] < 5000


def test_a_client_that_leaves_at_once_raises_nothing():
    async def gone(message):
        raise BrokenPipeError

    async def receive():
        return {"type": "websocket.disconnect", "code": 1006}

    async_to_sync(AuthkitMiddleware(never))(scope(), receive, gone)


@pytest.mark.parametrize("extensions", [{}, {"websocket.http.response": {}}])
def test_another_site_is_told_nothing(extensions):
    """Not even whether the credential beside it was right."""
    foreign = scope(**headers(origin=b"https://evil.example.com"), extensions=extensions)
    assert not [message for message in said_to(foreign) if message["type"] == "websocket.accept"]


@pytest.mark.slow
def test_five_thousand_handshakes_of_junk_reach_no_table(clock, security_log):
    # All of them within one minute, however long that takes.
    per_client = 20
    junk = [scope(subprotocols=["authkit.ticket." + f"tkt_{n:043}"]) for n in range(5000)]
    middleware = AuthkitMiddleware(never, per_client=f"{per_client}/min")

    async def flood():
        return [(await asaid_to(middleware, one))[-1] for one in junk]

    with CaptureQueriesContext(connection) as queries:
        said = async_to_sync(flood)()
    assert {one["code"] for one in said[:per_client]} == {4401}
    assert {one["code"] for one in said[per_client:]} == {4429}
    # MariaDB's driver says a word of its own to each new connection.
    asked = [query["sql"] for query in queries if "SELECT" in query["sql"]]
    assert len(asked) == per_client
    assert len(security_log("connection_refused")) == 2
    assert not SecurityEvent.objects.exists()


def test_what_a_server_lets_through_is_refused_here(open_socket, db):
    large = {f"X-Large-{n}": "a" * 7000 for n in range(6)}
    assert answer(open_socket, additional_headers=large)[0] == 403
    many = {"subprotocols": [f"a{n}" for n in range(500)]}
    assert answer(open_socket, **many)[0] == 403
    assert answer(open_socket, **offering("x"))[0] == 401
