"""Permissions and rate limits in consumers, by the names that views use."""

import json
import time

import pytest
from authkit.errors import Forbidden
from authkit.models import SecurityEvent
from authkit.permissions import HasScope, HasSecondFactor, RecentlyAuthenticated
from authkit.realtime import require, throttle
from authkit.realtime.admission import Admitted
from rest_framework.permissions import AllowAny

from tests.realtime.application import TwoPerMinute
from tests.realtime.conftest import answer, by_header, closing, seen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(server):
    return f"http://127.0.0.1:{server}"


def test_a_consumer_asks_for_scopes(user, access, make_key, open_socket, site):
    _, reads = make_key(owner=user, scopes=["books:read"])
    _, nothing = make_key(owner=user)
    for options in (by_header(access), by_header(key=reads)):
        with seen(open_socket("ws/scoped/", **options)) as said:
            assert said["user"] == str(user.pk)
    refused = by_header(key=nothing)
    status, headers, body = answer(open_socket, "ws/scoped/", **refused)
    assert (status, json.loads(body)["code"]) == (403, "insufficient_scope")
    assert 'scope="books:read"' in headers["WWW-Authenticate"]
    expected = (4403, "insufficient_scope")
    assert closing(open_socket("ws/scoped/", origin=site, **refused)) == expected
    event = SecurityEvent.objects.filter(kind="scope_missing").first()
    assert (event.user_id, event.ip, event.facts["scopes"]) == (
        user.pk,
        "127.0.0.1",
        ["books:read"],
    )


def test_a_message_may_need_more_than_the_connection(user, make_key, open_socket):
    _, reads = make_key(owner=user, scopes=["books:read"])
    with open_socket("ws/scoped/", **by_header(key=reads)) as opened:
        opened.recv(timeout=10)
        opened.send("{}")
        assert closing(opened) == (4403, "insufficient_scope")


def test_a_step_up_is_asked_for(user, access, make_key, open_socket, site, clock_of_claims):
    with open_socket("ws/recent/", **by_header(access)):
        pass
    clock_of_claims(301)
    status, headers, body = answer(open_socket, "ws/recent/", **by_header(access))
    assert (status, json.loads(body)["code"]) == (401, "step_up_required")
    assert "max_age=300" in headers["WWW-Authenticate"]
    expected = (4401, "step_up_required")
    assert closing(open_socket("ws/recent/", origin=site, **by_header(access))) == expected
    _, key = make_key(owner=user)
    assert answer(open_socket, "ws/recent/", **by_header(key=key))[0] == 403


@pytest.fixture
def clock_of_claims(monkeypatch):
    """Makes proofs of identity older, and nothing else."""

    def shift(seconds):
        def is_recent(claims, max_age):
            return claims.payload["auth_time"] - seconds + max_age >= time.time()

        monkeypatch.setattr("authkit.sessions.access.permissions.is_recent", is_recent)

    return shift


@pytest.mark.parametrize("path", ["ws/throttled/", "ws/throttled-async/"])
def test_messages_are_counted(path, access, open_socket):
    with open_socket(path, **by_header(access)) as opened:
        if "async" in path:
            opened.recv(timeout=10)
        for number in range(2):
            opened.send(json.dumps(number))
            assert json.loads(opened.recv(timeout=10)) == number
        opened.send("2")
        assert closing(opened) == (4429, "throttled")


def test_all_connections_of_a_user_have_one_count(client, user, access, open_socket):
    others = client.pair(user)["access"]
    for token in (access, others):
        with open_socket("ws/throttled/", **by_header(token)) as opened:
            opened.send("1")
            assert json.loads(opened.recv(timeout=10)) == 1
    with open_socket("ws/throttled/", **by_header(access)) as opened:
        opened.send("1")
        assert closing(opened) == (4429, "throttled")


def test_without_the_middleware_nothing_is_admitted():
    with pytest.raises(RuntimeError, match="AuthkitMiddleware"):
        require({"type": "websocket"}, HasScope("books:read"))
    with pytest.raises(RuntimeError, match="AuthkitMiddleware"):
        throttle({"type": "websocket", "authkit": object()}, TwoPerMinute)


def test_a_client_without_a_credential_passes_no_permission():
    anonymous = {"type": "websocket", "path": "/", "headers": [], "client": ["203.0.113.7", 1]}
    anonymous["authkit"] = Admitted(anonymous, None)
    for permission in (HasScope("books:read"), HasSecondFactor, RecentlyAuthenticated):
        with pytest.raises(Forbidden):
            require(anonymous, permission)
    require(anonymous, AllowAny)
