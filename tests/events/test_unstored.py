"""An event that was acknowledged and is not stored is in the log, which is on by default."""

import json
import os
import subprocess
import sys
import uuid
from functools import partial

import pytest
from authkit.core.db.outages import is_outage
from authkit.core.http.client import Client as HttpClient
from authkit.events import flows
from authkit.events.flows import record
from authkit.models import SecurityEvent, Session
from django.contrib.auth import get_user_model
from django.db import (
    DatabaseError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)

from tests.conftest import AUTH, PASSWORD, bearer, username_for
from tests.database.outages import connection_number, end_connection
from tests.database.statements import at_statement
from tests.sessions.crowd import Crowd

pytestmark = pytest.mark.django_db(transaction=True)

UNSTORED = "A security event was not stored: "


@pytest.fixture
def unstored(caplog):
    """A function that returns the events that the log has instead of the table."""

    def read():
        lines = [line for line in caplog.records if line.name == "authkit.events"]
        assert {line.levelname for line in lines} <= {"ERROR"}
        assert all(line.exc_info is None for line in lines)
        messages = [line.getMessage() for line in lines]
        return [json.loads(text.removeprefix(UNSTORED)) for text in messages if UNSTORED in text]

    return read


@pytest.fixture
def full():
    """The disk is full: the database takes no statement on the table of events."""

    def refuse(execute, sql, *args):
        if SecurityEvent._meta.db_table in sql:
            raise OperationalError("the disk is full")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse):
        yield


def test_the_log_has_what_the_row_would_have(client, user, clock, full, unstored):
    client.log_in(user, REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Browser")
    assert unstored() == [
        {
            "event": "session_started",
            "user": user.pk if isinstance(user.pk, int) else str(user.pk),
            "session": str(Session.objects.get().pk),
            "amr": ["pwd"],
            "ip": "192.0.2.7",
            "user_agent": "Browser",
            "created_at": "2026-03-01 12:00:00.250000+00:00",
        }
    ]


def test_it_is_there_whatever_happened(client, user, full, unstored, caplog):
    pairs = [client.pair(user) for _ in range(3)]
    assert client.log_in(user, "wrong").status_code == 401
    access = pairs[0]["access"]
    assert client.delete(AUTH + "sessions/", **bearer(access)).status_code == 204
    body = {"current_password": PASSWORD, "new_password": "another correct horse"}
    assert client.post(AUTH + "password/change/", body, **bearer(access)).status_code == 204
    kinds = [event["event"] for event in unstored()]
    assert kinds == [
        *["session_started"] * 3,
        "login_failed",
        "sessions_ended",
        "password_changed",
    ]
    assert [event["count"] for event in unstored() if event["event"] == "sessions_ended"] == [2]
    assert {event["user"] for event in unstored()} == {unstored()[0]["user"]}
    for secret in (PASSWORD, "another correct horse", access):
        assert secret not in caplog.text


def test_the_cause_is_written_once_and_counted(full, caplog):
    for _ in range(5):
        record("account_unlocked")
    causes = [text for text in caplog.messages if text.startswith("The recording")]
    assert len(causes) == 1
    assert len([text for text in caplog.messages if text.startswith(UNSTORED)]) == 5


def test_a_typed_name_is_not_in_it(client, full, unstored, caplog):
    typed = username_for("hunter2-typed-into-the-wrong-field")
    client.post(AUTH + "token/", {get_user_model().USERNAME_FIELD: typed, "password": "wrong"})
    assert [event["event"] for event in unstored()] == ["login_failed"]
    assert "hunter2" not in caplog.text


def test_an_event_that_nothing_keeps_is_none_that_was_lost(full, unstored):
    record("second_factor_used", keep=False)
    assert unstored() == []


def test_what_waits_for_the_end_of_a_request_is_in_the_log_too(monkeypatch, unstored, request):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    with transaction.atomic():
        record("api_key_refused", user=7, reason="revoked", client=HttpClient("192.0.2.7", ""))
        record("api_key_refused", user=8, reason="expired", client=HttpClient("192.0.2.7", ""))
        transaction.set_rollback(True)
    assert unstored() == []
    request.getfixturevalue("full")
    flows.store_deferred()
    flows.store_deferred()
    facts = [(event["user"], event["reason"], event["ip"]) for event in unstored()]
    assert facts == [(7, "revoked", "192.0.2.7"), (8, "expired", "192.0.2.7")]


SCRIPT = """
import uuid
import django
django.setup()
from authkit.events.flows import record
record("password_changed", user=7, session=uuid.UUID(int=1))
record("login_failed", username="hunter2")
record("sessions_ended", user=7, count=2, reason="ended_by_user")
"""


@pytest.mark.by_itself
def test_with_djangos_default_logging_it_is_on_stderr():
    """In a process of its own, on a database without our tables; DEBUG is False."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    environment |= {"AUTHKIT_TEST_DATABASE": "sqlite", "AUTHKIT_TEST_USERS": "stock"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith(UNSTORED)]
    events = [json.loads(line.removeprefix(UNSTORED)) for line in lines]
    assert [(event["event"], event.get("user"), event.get("session")) for event in events] == [
        ("password_changed", 7, str(uuid.UUID(int=1))),
        ("login_failed", None, None),
        ("sessions_ended", 7, None),
    ]
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.concurrency
def test_a_transaction_that_is_lost_with_an_event_is_not_answered_as_done(user, unstored):
    """Django rolls a transaction back silently whose savepoint has failed."""
    number = connection_number()
    with Crowd(1) as crowd:
        cut = partial(crowd.at_once, [partial(end_connection, number)])
        with pytest.raises(DatabaseError) as caught, at_statement("INSERT", SecurityEvent, cut):
            change_and_record(user)
    close_old_connections()
    assert is_outage(caught.value)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert unstored() == []  # nothing has happened


@transaction.atomic
def change_and_record(user):
    user.set_password("another")
    user.save()
    record("password_changed", user=user.pk)
