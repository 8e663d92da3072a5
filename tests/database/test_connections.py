"""Isolation levels, pgbouncer and Django's pool: sixteen people at once, and no 500."""

import contextlib
from collections import Counter
from functools import partial

import pytest
from authkit.models import APIKey, Session
from django.db import connection, connections
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.api_keys.calls import with_key
from tests.conftest import AUTH, Client, bearer, clients_from_all_over
from tests.database.isolation import LEVELS, isolated, options
from tests.database.outages import configured
from tests.database.pgbouncer import pgbouncer
from tests.sessions.crowd import Crowd

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.database.test_connections"),
]

THREADS = 16
KEY_RATE = 40


class Works(APIView):
    def get(self, request):
        return Response({})


urlpatterns = [path(AUTH.lstrip("/"), include("authkit.urls")), path("works", Works.as_view())]


@contextlib.contextmanager
def pooled():
    before = connections.settings["default"]["OPTIONS"]
    with configured(OPTIONS={**before, "pool": {"min_size": 1, "max_size": 4}}):
        try:
            yield
        finally:
            connection.close_pool()


@contextlib.contextmanager
def prepared():
    before = connections.settings["default"]["OPTIONS"]
    options = {**before, "server_side_binding": True, "prepare_threshold": 0}
    with configured(OPTIONS=options):
        yield
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.execute("SELECT count(*) FROM pg_prepared_statements")
            assert cursor.fetchone() > (0,)


@contextlib.contextmanager
def behind_pgbouncer(level=None):
    chosen = connections.settings["default"]["OPTIONS"]
    chosen = chosen | ({} if level is None else options(level, "postgresql"))
    # Only what Django sends with BEGIN: "options" are of a session, and pgbouncer refuses them.
    chosen = {name: value for name, value in chosen.items() if name != "options"}
    connections.settings["default"].setdefault("DISABLE_SERVER_SIDE_CURSORS", False)
    # Threads take turns on a few, unless each has a transaction open and counts on another.
    size = 2 * THREADS if connections.settings["default"]["ATOMIC_REQUESTS"] else 4
    with pgbouncer(size) as port:
        server = {"HOST": "127.0.0.1", "PORT": port, "DISABLE_SERVER_SIDE_CURSORS": True}
        with configured(**server, OPTIONS=chosen):
            yield


WAYS = [
    *(pytest.param(partial(isolated, level), id=level) for level in LEVELS),
    pytest.param(pooled, id="pool", marks=pytest.mark.pool),
    pytest.param(prepared, id="prepared statements", marks=pytest.mark.prepared),
    pytest.param(behind_pgbouncer, id="pgbouncer", marks=pytest.mark.pgbouncer),
    pytest.param(
        partial(behind_pgbouncer, "serializable"),
        id="pgbouncer, serializable",
        marks=pytest.mark.pgbouncer,
    ),
]


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["autocommit", "atomic"], autouse=True)
def _atomic_requests(request, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", request.param)


def step(call):
    """Make a request, and give the connection back, as a server does."""
    try:
        return call()
    finally:
        connections.close_all()


def assert_statuses(answers, *expected):
    statuses = Counter(answer.status_code for answer in answers)
    # 503 is contention: asked for again, with Retry-After.
    assert set(statuses) <= {*expected, 503}, statuses
    assert all(answer["Retry-After"] for answer in answers if answer.status_code in (429, 503))
    return statuses


def all_at_once(crowd, calls):
    return crowd.at_once([partial(step, call) for call in calls])


def test_sixteen_people_log_in_refresh_list_and_log_out(make_user, way):
    people = [make_user() for _ in range(THREADS)]
    clients = clients_from_all_over(THREADS)
    for client in clients:
        client.raise_request_exception = False
    with way(), Crowd(THREADS) as crowd:

        def journey(client, person):
            pair = client.log_in(person)
            wrong = client.log_in(person, "wrong")
            assert_statuses([pair], 200)
            assert_statuses([wrong], 401)
            if pair.status_code == 503:
                return None
            pair = pair.json()
            for _ in range(3):
                again = client.refresh(pair["refresh"])
                assert_statuses([again], 200)
                pair = again.json() if again.status_code == 200 else pair
            listed = client.sessions(pair["access"])
            assert_statuses([listed], 200)
            ended = client.revoke(pair["refresh"])
            assert_statuses([ended], 204)
            return pair if ended.status_code == 204 else None

        pairs = all_at_once(crowd, map(partial(partial, journey), clients, people))
        ended = [pair for pair in pairs if pair is not None]
        assert len(ended) > THREADS // 2
        for client, pair in zip(clients, ended, strict=False):
            assert client.sessions(pair["access"]).status_code == 401
            assert client.refresh(pair["refresh"]).status_code == 401
        connections.close_all()


def test_one_person_on_sixteen_devices(make_user, way):
    person = make_user()
    clients = clients_from_all_over(THREADS)
    for client in clients:
        client.raise_request_exception = False
    with way(), Crowd(THREADS) as crowd:
        answers = all_at_once(crowd, [partial(client.log_in, person) for client in clients])
        let_in = assert_statuses(answers, 200)[200]
        pair = next(answer.json() for answer in answers if answer.status_code == 200)
        assert_statuses(
            all_at_once(
                crowd, [partial(c.refresh, pair["refresh"]) for c in clients[:1] * THREADS]
            ),
            200,
        )
        access = bearer(pair["access"])
        ends = [partial(c.delete, AUTH + "sessions/", **access) for c in clients]
        assert_statuses(all_at_once(crowd, ends), 204)
        wrong = [partial(c.log_in, person, "wrong") for c in clients]
        assert_statuses(all_at_once(crowd, wrong), 401, 429)
        assert let_in
        assert Session.objects.live().count() <= let_in
        connections.close_all()


def test_a_key_with_a_rate_is_used_sixteen_times_at_once(way):
    _, key = APIKey.objects.create_key(name="job", rate=f"{KEY_RATE}/hour")
    client = Client(raise_request_exception=False)
    use = partial(client.get, "/works", **with_key(key))
    with way(), Crowd(THREADS) as crowd:
        answers = [answer for _ in range(4) for answer in all_at_once(crowd, [use] * THREADS)]
        answers += [step(use) for _ in range(KEY_RATE)]
        connections.close_all()
    assert assert_statuses(answers, 200, 429)[200] == KEY_RATE
