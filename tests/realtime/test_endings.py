"""Sockets that end with their credential, while the client does nothing."""

import json
import time
from contextlib import suppress

import pytest
from authkit.connections import registry, watcher
from django.contrib.auth import get_user_model
from django.db import transaction
from websockets.exceptions import ConnectionClosed

from tests.conftest import AUTH, PASSWORD, bearer
from tests.realtime.conftest import by_header, closing, offering

pytestmark = pytest.mark.django_db(transaction=True)

ENDED = (4401, "session_ended")
NEW_PASSWORD = "another correct horse"


@pytest.fixture(autouse=True)
def _no_other_connection_is_left():
    yield
    deadline = time.monotonic() + 20
    while registry.every() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert registry.every() == set()


@pytest.fixture
def opened(open_socket, access):
    with open_socket(**by_header(access)) as one:
        one.recv(timeout=10)
        yield one


def _log_out(client, pair, user):
    client.revoke(pair["refresh"])


def _end_session(client, pair, user):
    (session,) = client.sessions(pair["access"]).json()
    client.delete(f"{AUTH}sessions/{session['id']}/", **bearer(pair["access"]))


def _end_others(client, pair, user):
    client.delete(f"{AUTH}sessions/", **bearer(client.pair(user)["access"]))


def _change_password(client, pair, user):
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    other = client.pair(user)["access"]
    assert client.post(AUTH + "password/change/", body, **bearer(other)).status_code == 204


def _set_password(client, pair, user):
    user.set_password(NEW_PASSWORD)
    user.save()


def _deactivate(client, pair, user):
    user.is_active = False
    user.save(update_fields=["is_active"])


def _delete(client, pair, user):
    user.delete()


ENDS = [
    _log_out,
    _end_session,
    _end_others,
    _change_password,
    _set_password,
    _deactivate,
    _delete,
]


@pytest.mark.parametrize("act", ENDS)
def test_a_socket_ends_at_once(client, pair, user, opened, act, security_log):
    act(client, pair, user)
    assert closing(opened) == ENDED
    _wait_for(lambda: security_log("connection_ended"))
    ((level, line),) = security_log("connection_ended")
    assert (level, line["reason"]) == ("INFO", "session_ended")


def _wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "It does not happen."
        time.sleep(0.01)


def test_so_does_one_that_was_opened_by_a_ticket(client, pair, get_ticket, open_socket):
    with open_socket(**offering(get_ticket())) as opened:
        client.revoke(pair["refresh"])
        assert closing(opened) == ENDED


def test_other_sessions_go_on(client, pair, user, make_user, open_socket):
    others = [client.pair(user), client.pair(make_user())]
    sockets = [open_socket(**by_header(one["access"])) for one in (pair, *others)]
    first, *rest = sockets
    client.revoke(pair["refresh"])
    assert closing(first) == ENDED
    for one in rest:
        with one:
            one.recv(timeout=10)
            one.send("1")
            assert json.loads(one.recv(timeout=10)) == 1


def test_a_socket_of_a_key_ends_with_it(user, access, client, make_key, open_socket):
    row, key = make_key(owner=user)
    with open_socket(**by_header(key=key)) as opened:
        response = client.delete(f"{AUTH}api-keys/{row.pk}/", **bearer(access))
        assert response.status_code == 204
        assert closing(opened) == (4401, "api_key_invalid")


@pytest.mark.parametrize("act", ["save", "delete"])
def test_so_it_does_where_the_project_changes_the_row(make_key, open_socket, act):
    row, key = make_key()
    with open_socket(**by_header(key=key)) as opened:
        row.revoked = True
        getattr(row, act)()
        assert closing(opened) == (4401, "api_key_invalid")


def test_what_no_signal_tells_of_is_found_in_the_next_round(user, opened):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    (connection,) = registry.every()
    watcher.watcher.check([connection])  # as every half a minute
    assert closing(opened) == ENDED


def test_a_change_that_is_rolled_back_ends_nothing(user, opened):
    with transaction.atomic():
        user.is_active = False
        user.save()
        transaction.set_rollback(True)
    opened.send("1")
    assert json.loads(opened.recv(timeout=10)) == 1


def test_nothing_passes_once_it_has_ended(client, pair, opened):
    (connection,) = registry.every()
    client.revoke(pair["refresh"])
    _wait_for(lambda: connection.error)
    with suppress(ConnectionClosed):
        opened.send("1")
    assert closing(opened) == ENDED


def test_an_application_that_does_not_leave_is_cut(client, pair, open_socket, access, monkeypatch):
    monkeypatch.setattr("authkit.realtime.relay.LEAVE_SECONDS", 0.1)
    with open_socket("ws/stubborn/", **by_header(access)) as opened:
        opened.recv(timeout=10)
        client.revoke(pair["refresh"])
        assert closing(opened) == ENDED


def test_a_closed_socket_is_forgotten(opened, security_log):
    assert len(registry.every()) == 1
    opened.close()
    _wait_for(lambda: not registry.every())
    _wait_for(lambda: security_log("connection_ended"))
    assert security_log("connection_ended")[0][1]["reason"] == "closed"
