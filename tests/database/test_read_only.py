"""A database that can be read and not written: a replica after a failover, a user without rights.

What has to count or to be spent is 503; what only reads is answered, and writes that the answer
does not need are left out.
"""

import pytest
from authkit.models import APIKey, SecurityEvent
from django.contrib.auth.hashers import make_password
from django.db import connection

from tests.conftest import AUTH, bearer
from tests.core.http.test_outages import assert_unavailable
from tests.database.outages import read_only, without_rights

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.core.http.test_outages"),
]

WAYS = [read_only] if connection.vendor == "sqlite" else [read_only, without_rights]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def unwritable(request):
    """A function that makes the database one that is only read."""
    return request.param


def key(**fields):
    return {"HTTP_X_API_KEY": APIKey.objects.create_key(name="job", **fields)[1]}


def lines(caplog, logger="authkit.api_keys"):
    return [record for record in caplog.records if record.name == logger]


def test_a_key_without_a_rate_is_accepted_and_leaves_one_line(client, unwritable, caplog):
    headers = key()
    with unwritable():
        assert [client.get("/key", **headers).status_code for _ in range(3)] == [200] * 3
    [line] = lines(caplog)
    assert line.levelname == "WARNING"
    assert line.getMessage().startswith("The last use of an API key was not written. ")
    assert "Traceback" not in caplog.text
    assert {record.name for record in caplog.records} == {"authkit.api_keys"}
    assert client.get("/key", **headers).status_code == 200
    assert APIKey.objects.get().last_used_at is not None


def test_a_key_with_a_rate_is_503_and_counts_when_it_can(client, unwritable, caplog):
    headers = key(rate="2/hour")
    with unwritable():
        for _ in range(3):
            assert_unavailable(client.get("/key", **headers))
    assert len(lines(caplog, "authkit.database")) == 1
    assert "Traceback" not in caplog.text
    statuses = [client.get("/key", **headers).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_an_imported_key_is_accepted_whose_hash_is_not_replaced(client, unwritable, caplog):
    headers = key()
    slow = make_password(headers["HTTP_X_API_KEY"])
    APIKey._base_manager.update(hashed_key=slow)
    with unwritable():
        assert client.get("/key", **headers).status_code == 200
    written = [line.getMessage().partition(".")[0] for line in lines(caplog)]
    assert "The hash of an API key was not replaced" in written
    assert "Traceback" not in caplog.text
    assert APIKey.objects.get().hashed_key == slow
    assert client.get("/key", **headers).status_code == 200
    assert APIKey.objects.get().hashed_key != slow


def test_a_refused_key_is_refused_and_its_event_is_in_the_log(client, unwritable, caplog):
    headers = key(revoked=True)
    with unwritable():
        assert client.get("/key", **headers).status_code == 401
    unstored = [line.getMessage() for line in lines(caplog, "authkit.events")]
    assert any('"event": "api_key_refused"' in text for text in unstored)
    assert not SecurityEvent.objects.exists()


@pytest.mark.parametrize("where", ["sessions/", "me/", "2fa/", "events/", "api-keys/"])
def test_what_only_reads_is_answered(client, user, unwritable, where):
    headers = bearer(client.pair(user)["access"])
    with unwritable():
        assert client.get(AUTH + where, **headers).status_code == 200
        assert client.get("/jwt", **headers).status_code == 200


def test_a_log_in_and_a_refresh_are_503_and_work_when_they_can(client, user, unwritable):
    pair = client.pair(user)
    with unwritable():
        assert_unavailable(client.log_in(user))
        assert_unavailable(client.log_in(user, "wrong"))
        assert_unavailable(client.refresh(pair["refresh"]))
        assert_unavailable(client.revoke(pair["refresh"]))
    assert client.refresh(pair["refresh"]).status_code == 200
    assert client.log_in(user).status_code == 200


def test_a_rate_that_is_counted_in_the_database_is_503(client, unwritable, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with unwritable():
        assert_unavailable(client.get("/anonymous"))
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    with unwritable():
        assert client.get("/anonymous").status_code == 200
