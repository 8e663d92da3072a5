"""What a thief of the database, or of the logs, holds in hand: nothing that lets them in."""

import json
import logging

import pytest
from authkit.models import APIKey, Session
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import AUTH, PASSWORD, bearer
from tests.sessions.answers import assert_token_invalid
from tests.sessions.forge import b64, unsigned

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another correct horse"


@pytest.fixture
def secrets(client, user, make_user, caplog, capsys):
    """Live through all that makes or takes a secret; return every secret that was about.

    Statements are logged meanwhile, as under DEBUG, and every logger writes all it has.
    """
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    pairs = []
    with CaptureQueriesContext(connection):
        for _ in range(2):
            pairs.append(client.pair(user))
            pairs.append(client.refresh(pairs[-1]["refresh"]).json())
            client.refresh(pairs[-2]["refresh"])
        client.sessions(pairs[-1]["access"])
        client.log_in(user, "a wrong password of mine")
        client.post(
            AUTH + "password/change/",
            {"current_password": PASSWORD, "new_password": NEW_PASSWORD},
            **bearer(pairs[-1]["access"]),
        )
        pairs.append(client.pair(user, NEW_PASSWORD))
        keys = [APIKey.objects.create_key(name="robot", owner=user)[1]]
        keys.append(APIKey.objects.create_key(name="service")[1])
        call_command("authkit_create_api_key", "by command", owner=user.get_username())
        keys.append(capsys.readouterr().out.strip())
        for key in keys:
            client.get(AUTH + "sessions/", HTTP_X_API_KEY=key)
            APIKey.objects.get_from_key(key)
        client.revoke(pairs[0]["refresh"])
        client.refresh("not.a.token")
        client.post(AUTH + "token/", b'{"password": "' + NEW_PASSWORD.encode(), content_type=JSON)

    tokens = [pair[kind] for pair in pairs for kind in ("access", "refresh")]
    assert len(keys) == 3
    assert len(tokens) == 10
    return {
        "passwords": [PASSWORD, NEW_PASSWORD, "a wrong password of mine"],
        "tokens": tokens,
        "signatures of tokens": [token.rsplit(".", 1)[1] for token in tokens],
        "API keys": keys,
        "secret parts of API keys": [key.rsplit("_", 1)[1] for key in keys],
    }


JSON = "application/json"


def dump():
    """Every value of every column of every table, as text."""
    values = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                values += [v.decode() if isinstance(v, bytes) else str(v) for v in row]
    return "\n".join(values)


def assert_free_of(text, secrets):
    for kind, each in secrets.items():
        for secret in each:
            assert len(secret) >= 20
            assert secret not in text, f"one of the {kind} is there"


def test_a_dump_of_all_tables_holds_no_secret(secrets, user):
    everything = dump()

    assert user.get_username() in everything
    assert get_user_model().objects.get(pk=user.pk).password in everything
    assert Session.objects.first().password_fingerprint in everything
    assert APIKey.objects.first().prefix in everything
    assert_free_of(everything, secrets)


def test_the_logs_of_everything_at_debug_hold_no_secret(secrets, caplog):
    written = "\n".join(
        f"{record.getMessage()} {record.args!r} {vars(record)!r}"
        for record in caplog.get_records("setup")
    )

    assert "authkit_session" in written
    assert "session_started" in written
    assert_free_of(written, secrets)


def test_every_security_event_is_one_line_of_json(secrets, caplog):
    records = caplog.get_records("setup")
    messages = [r.getMessage() for r in records if r.name == "authkit.security"]
    assert len(messages) > 5
    assert all("\n" not in message for message in messages)
    assert all(json.loads(message)["event"] for message in messages)


def test_what_a_session_row_holds_makes_no_token(client, user):
    pair = client.pair(user)
    row = Session.objects.get()
    for stolen in (row.password_fingerprint, str(row.pk), row.pk.hex, user.password):
        assert_token_invalid(client.sessions(stolen))
        assert_token_invalid(client.refresh(stolen))
        header, claims, _ = pair["access"].split(".")
        assert_token_invalid(client.sessions(f"{header}.{claims}.{b64(stolen.encode())}"))
        assert_token_invalid(client.sessions(unsigned({"sid": str(row.pk)}, {"alg": "none"})))


def test_a_fingerprint_is_not_the_hash_that_djangos_own_sessions_carry(client, user):
    client.pair(user)
    fingerprint = Session.objects.get().password_fingerprint
    assert len(fingerprint) == 64
    assert fingerprint != user.get_session_auth_hash()
    assert fingerprint not in user.password
