"""What an orchestrator is answered while the parts of a process fail one by one."""

from datetime import UTC, datetime

import pytest
from authkit.health import parts
from django.core.cache import caches
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from drf_spectacular.generators import SchemaGenerator
from rest_framework.throttling import AnonRateThrottle

from tests.core.limits.stores import DUMMY, NO_REDIS, needs_redis
from tests.signing.made import entry, ring

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.health.urls")]

LIVE, READY, STARTUP = "/health/live/", "/health/ready/", "/health/startup/"
PARTS = ["database", "cache", "migrations", "signing_keys"]
LATEST = ("authkit", "0001_initial")


@pytest.fixture(autouse=True)
def _a_new_process(monkeypatch):
    monkeypatch.setattr(parts, "_migrated", set())


@pytest.fixture
def database_down():
    """The database refuses connections."""
    working = connections["default"]
    missing = {"NAME": "/nonexistent/secret-name/db"} if working.vendor == "sqlite" else {}
    connections["default"] = type(working)({**working.settings_dict, "PORT": "1", **missing})
    yield
    connections["default"].close()
    connections["default"] = working


@pytest.fixture
def cache_down(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": "/dev/null/secret-name",
        }
    }


@pytest.fixture
def migration_missing():
    MigrationRecorder(connection).record_unapplied(*LATEST)


@pytest.fixture
def keys_unusable(settings):
    missing = {"algorithm": "EdDSA", "private_key": {"file": "/nonexistent/secret-name.pem"}}
    settings.AUTHKIT = ring(missing)


def states(response):
    return response.json()["parts"]


def failed(response):
    """Return the parts that are not usable; status, body and headers have to agree."""
    found = [name for name, state in states(response).items() if state != "ok"]
    assert set(states(response).values()) <= {"ok", "unavailable"}
    assert response.json()["status"] == ("unavailable" if found else "ok")
    assert response.status_code == (503 if found else 200)
    assert response.has_header("Retry-After") is bool(found)
    assert response["Cache-Control"] == "no-store"
    assert "secret-name" not in response.content.decode()
    return found


def test_if_everything_is_usable_then_the_process_is_ready(client):
    response = client.get(READY)
    assert failed(response) == []
    assert list(states(response)) == PARTS
    assert failed(client.get(STARTUP)) == []


def test_if_the_database_is_down_then_readiness_says_so_and_the_log_why(
    client, database_down, caplog
):
    response = client.get(READY)
    # The migrations cannot be looked up either.
    assert failed(response) == ["database", "migrations"]
    lines = [record.getMessage() for record in caplog.records if record.name == "authkit.health"]
    assert len(lines) == 2
    assert lines[0].startswith("Not ready: database cannot be used. OperationalError: ")


def test_if_the_cache_is_down_then_readiness_says_so_and_the_log_why(client, cache_down, caplog):
    assert failed(client.get(READY)) == ["cache"]
    (line,) = [r.getMessage() for r in caplog.records if r.name == "authkit.health"]
    assert line.startswith("Not ready: cache cannot be used. NotADirectoryError: ")
    assert failed(client.get(STARTUP)) == []


@needs_redis
def test_if_redis_is_down_then_readiness_says_so(client, settings):
    settings.CACHES = {"default": NO_REDIS}
    assert failed(client.get(READY)) == ["cache"]


def test_if_the_cache_keeps_nothing_then_it_is_not_down(client, settings):
    settings.CACHES = {"default": DUMMY}
    assert failed(client.get(READY)) == []


@pytest.mark.parametrize("probe", [READY, STARTUP])
def test_if_a_migration_is_missing_then_the_process_waits_for_it(
    client, migration_missing, caplog, probe
):
    assert failed(client.get(probe)) == ["migrations"]
    assert "of which authkit.0001_initial is the first" in caplog.text
    MigrationRecorder(connection).record_applied(*LATEST)
    assert failed(client.get(probe)) == []


def test_if_there_is_no_table_of_migrations_then_all_are_missing(client, monkeypatch):
    monkeypatch.setattr(MigrationRecorder, "has_table", lambda self: False)
    assert failed(client.get(READY)) == ["migrations"]


@pytest.mark.parametrize("probe", [READY, STARTUP])
def test_if_the_signing_keys_cannot_be_read_then_the_process_is_not_ready(
    client, keys_unusable, caplog, probe
):
    assert failed(client.get(probe)) == ["signing_keys"]
    assert "AUTHKIT['SIGNING_KEYS'][0]" in caplog.text


def test_if_every_signing_key_has_ended_then_the_process_is_not_ready(client, settings):
    moments = {
        "not_before": datetime(2020, 1, 1, tzinfo=UTC),
        "expires_at": datetime(2021, 1, 1, tzinfo=UTC),
    }
    settings.AUTHKIT = ring(entry(**moments))
    assert failed(client.get(READY)) == ["signing_keys"]


def test_if_everything_is_down_then_all_of_it_is_said_and_the_process_lives(
    client, database_down, cache_down, keys_unusable
):
    assert failed(client.get(READY)) == PARTS
    assert failed(client.get(STARTUP)) == ["migrations", "signing_keys"]
    response = client.get(LIVE)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_log_of_an_outage_does_not_grow_with_the_probes(client, cache_down, caplog):
    for _ in range(20):
        client.get(READY)
    # One line, and another one each second that this takes.
    assert len([r for r in caplog.records if r.name == "authkit.health"]) < 20


# --- cheap --------------------------------------------------------------------------------


def test_life_asks_neither_database_nor_cache(client, django_assert_num_queries, cache_down):
    with django_assert_num_queries(0):
        assert client.get(LIVE).status_code == 200


def test_readiness_asks_one_query_once_the_migrations_are_applied(
    client, django_assert_num_queries
):
    client.get(READY)
    with django_assert_num_queries(1):
        assert failed(client.get(READY)) == []
    with django_assert_num_queries(0):
        assert failed(client.get(STARTUP)) == []


def test_a_database_that_comes_and_goes_is_seen_although_its_migrations_are_known(
    client, database_down, monkeypatch
):
    monkeypatch.setattr(parts, "_migrated", {"default"})
    assert failed(client.get(READY)) == ["database"]


# --- public, whatever the project and the caller bring ------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Bearer junk"},
        {"X-API-Key": "junk"},
        {"Authorization": "Bearer junk", "X-API-Key": "junk"},
        {"Accept": "text/plain"},
        {"Accept": "image/png;q=x"},
    ],
    ids=str,
)
@pytest.mark.parametrize("probe", [LIVE, READY, STARTUP])
def test_what_a_probe_sends_along_changes_nothing(client, probe, header):
    response = client.get(probe, headers=header)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("probe", [LIVE, READY, STARTUP])
def test_a_probe_may_be_a_head_and_nothing_can_be_sent(client, probe):
    head = client.head(probe)
    assert (head.status_code, head.content) == (200, b"")
    assert client.post(probe, {}).status_code == 405


def test_throttles_of_the_project_do_not_stop_probes(client, monkeypatch):
    caches["default"].clear()
    monkeypatch.setattr("rest_framework.views.APIView.throttle_classes", [Once])
    assert [client.get(READY).status_code for _ in range(3)] == [200, 200, 200]


class Once(AnonRateThrottle):
    rate = "1/day"


def test_a_project_that_wants_a_log_in_everywhere_leaves_probes_alone(client, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert client.get(READY).status_code == 200


# --- parts of the project -----------------------------------------------------------------


def test_a_project_can_leave_a_part_out(client, cache_down):
    response = client.get("/without-cache/")
    assert failed(response) == []
    assert list(states(response)) == ["database", "migrations", "signing_keys"]


def test_a_project_can_add_a_part(client, caplog):
    response = client.get("/with-search/")
    assert failed(response) == ["search"]
    assert b"internal" not in response.content
    assert "LookupError: the index of search.internal is empty" in caplog.text


# --- the document -------------------------------------------------------------------------


@pytest.mark.parametrize("probe", [READY, STARTUP])
def test_the_document_has_both_answers(probe):
    document = SchemaGenerator().get_schema(request=None, public=True)
    answers = document["paths"][probe]["get"]["responses"]
    assert {status: list(answer["content"]) for status, answer in answers.items()} == {
        "200": ["application/json"],
        "503": ["application/json"],
    }
    assert document["paths"][probe]["get"]["security"] == [{}]
