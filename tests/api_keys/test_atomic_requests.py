"""A key with a rate under ATOMIC_REQUESTS: counted apart from the transaction of the request."""

from collections import Counter
from functools import partial

import pytest
from authkit.api_keys.using.usage import use_key
from authkit.core.db import apart
from authkit.core.db.apart import apart_from_request
from authkit.core.limits.models import RequestCount
from authkit.errors import APIKeyRateExceeded
from authkit.models import APIKey
from django.db import connection, connections, transaction
from django.urls import path
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.api_keys.calls import with_key
from tests.conftest import Client
from tests.database.isolation import LEVELS, isolated
from tests.sessions.crowd import Crowd

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.api_keys.test_atomic_requests"),
]

THREADS = 16
NUMBER = 40


class Works(APIView):
    def get(self, request):
        return Response({})


class Refuses(APIView):
    def get(self, request):
        raise PermissionDenied


class Crashes(APIView):
    def get(self, request):
        raise RuntimeError


urlpatterns = [
    path("works", Works.as_view()),
    path("refuses", Refuses.as_view()),
    path("crashes", Crashes.as_view()),
]


@pytest.fixture(autouse=True)
def _atomic_requests(monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)


@pytest.fixture
def rated():
    return APIKey.objects.create_key(name="job", rate=f"{NUMBER}/hour")[1]


def call(key, where="/works"):
    client = Client(raise_request_exception=False)
    return client.get(where, **with_key(key))


def statuses_of(answers):
    return Counter(answer.status_code for answer in answers)


def used():
    return RequestCount.objects.values_list("requests", flat=True).get()


@pytest.mark.concurrency
@pytest.mark.parametrize("level", ["read committed", *LEVELS])
def test_at_once_no_request_fails_and_the_rate_is_exact(rated, level):
    with isolated(level), Crowd(THREADS) as crowd:
        answers = [
            answer for _ in range(4) for answer in crowd.at_once([partial(call, rated)] * THREADS)
        ]
        assert statuses_of(answers)[200] > NUMBER // 2  # and not 503 for nearly all
        # What was refused by the database for too many concurrent statements has counted nothing.
        answers += [call(rated) for _ in range(NUMBER)]
    statuses = statuses_of(answers)
    assert set(statuses) <= {200, 429, 503}, statuses
    assert statuses[200] == NUMBER == used()
    assert all(answer["Retry-After"] for answer in answers if answer.status_code != 200)


@pytest.mark.concurrency
@pytest.mark.parametrize("level", ["read committed", *LEVELS])
@pytest.mark.parametrize(("where", "status"), [("/refuses", 403), ("/crashes", 500)])
def test_a_request_that_is_rolled_back_counts(rated, level, where, status):
    with isolated(level):
        assert [call(rated, where).status_code for _ in range(3)] == [status] * 3
        assert used() == 3


@pytest.mark.concurrency
@pytest.mark.parametrize("level", ["read committed", *LEVELS])
def test_the_transaction_of_the_request_goes_on(user, rated, level):
    with isolated(level):
        with transaction.atomic():
            present = connections["default"]
            user.email = "changed@example.com"
            user.set_password("another")
            user.save()
            use_key(rated, lambda: None)
            assert connections["default"] is present
            assert present.in_atomic_block
            transaction.set_rollback(True)
        assert used() == 1
        assert not type(user).objects.get(pk=user.pk).check_password("another")


@pytest.mark.concurrency
def test_what_fails_in_there_leaves_the_connection_of_the_request(user):
    present = connections["default"]
    others = []

    def fail():
        with apart_from_request(APIKey):
            APIKey.objects.count()
            others.append(connections["default"])
            raise RuntimeError

    with transaction.atomic():
        with pytest.raises(RuntimeError):
            fail()
        assert connections["default"] is present
    assert others[0] is not present
    assert others[0].connection is None  # closed, since CONN_MAX_AGE is 0


@pytest.mark.concurrency
def test_a_connection_is_kept_as_long_as_conn_max_age_says(user, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 60)
    seen = []
    for _ in range(2):
        with transaction.atomic(), apart_from_request(APIKey):
            APIKey.objects.count()
            seen.append(connections["default"].connection)
    assert seen[0] is seen[1]
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    with transaction.atomic(), apart_from_request(APIKey):
        APIKey.objects.count()
        assert connections["default"].connection is not seen[0]


@pytest.mark.concurrency
def test_a_key_without_a_rate_opens_no_other_connection(monkeypatch):
    key = APIKey.objects.create_key(name="job")[1]
    monkeypatch.setattr(apart, "_other", None)  # would be called
    assert call(key).status_code == 200


@pytest.mark.concurrency
def test_the_other_connection_is_none_of_a_pool(monkeypatch):
    """Requests that hold one of a pool each, and wait for another, would wait for ever."""
    options = connection.settings_dict["OPTIONS"] | {"pool": {"max_size": 1}}
    monkeypatch.setitem(connections.settings["default"], "OPTIONS", options)
    assert "pool" not in apart._other(connections["default"]).settings_dict["OPTIONS"]


@pytest.mark.django_db
def test_in_a_test_case_it_is_counted_on_the_connection_that_has_the_row():
    key = APIKey.objects.create_key(name="job", rate="1/hour")[1]
    use_key(key, lambda: None)
    with pytest.raises(APIKeyRateExceeded):
        use_key(key, lambda: None)
    assert used() == 1


def test_on_every_database_the_rate_holds(rated):
    assert [call(rated).status_code for _ in range(NUMBER + 1)] == [200] * NUMBER + [429]
