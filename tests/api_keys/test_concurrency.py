"""Sixteen threads on sixteen connections, through the whole stack. PostgreSQL and MariaDB only."""

from datetime import timedelta
from functools import partial
from time import monotonic, sleep

import pytest
from authkit.api_keys import flows
from authkit.api_keys.using.usage import use_key
from authkit.errors import APIKeyInvalid, APIKeyRateExceeded
from authkit.models import APIKey, RequestCount
from django.contrib.auth.hashers import make_password
from django.test import override_settings

from tests.api_keys.calls import KEYS, Person, with_key
from tests.conftest import Client
from tests.sessions.crowd import Crowd

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.api_keys.urls"),
]

THREADS = 16
ROUNDS = 5


@pytest.fixture
def crowd():
    with Crowd(THREADS) as crowd:
        yield crowd


@pytest.fixture
def person(client, user):
    return Person(client, user)


def each(person, method, path, body=None):
    """The same request once for every thread, each with a client of its own."""
    return [
        partial(getattr(Client(), method), path, body or {}, **person.headers)
        for _ in range(THREADS)
    ]


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


@override_settings(AUTHKIT={"API_KEY_QUOTA": 5})
def test_the_quota_holds_under_a_race(person, crowd):
    for _ in range(ROUNDS):
        answers = crowd.at_once(each(person, "post", KEYS, {"name": "one of many"}))
        assert statuses(answers) == [201] * 5 + [409] * 11
        assert APIKey.objects.live().count() == 5
        made = [answer.json() for answer in answers if answer.status_code == 201]
        assert len({key["prefix"] for key in made}) == len({key["key"] for key in made}) == 5
        assert all(APIKey.objects.is_valid(key["key"]) for key in made)
        APIKey.objects.all().delete()


@override_settings(AUTHKIT={"API_KEY_QUOTA": 2})
def test_the_quota_holds_while_keys_are_revoked(person, crowd):
    for _ in range(ROUNDS):
        made = person.made()
        calls = each(person, "post", KEYS, {"name": "one of many"})
        calls[8] = partial(Client().delete, f"{KEYS}{made['id']}/", **person.headers)
        answers = crowd.at_once(calls)
        assert answers[8].status_code == 204
        assert 1 <= statuses(answers).count(201) <= 2
        assert APIKey.objects.live().count() <= 2
        APIKey.objects.all().delete()


def test_a_race_of_rotations_rotates_a_key_once(person, crowd):
    for overlap in [0, 600] * ROUNDS:
        made = person.made()
        path = f"{KEYS}{made['id']}/rotate/"
        answers = crowd.at_once(each(person, "post", path, {"overlap_seconds": overlap}))
        won = [answer.json()["key"] for answer in answers if answer.status_code == 201]
        assert {a.json()["code"] for a in answers if a.status_code != 201} <= {"api_key_rotated"}
        assert set(statuses(answers)) <= {201, 409}
        # A request after the end of the first has rotated the new key again.
        working = [key for key in won if APIKey.objects.is_valid(key)]
        assert len(working) == (1 if overlap == 0 else min(2, len(won)))
        assert APIKey.objects.is_valid(made["key"]) is (overlap > 0 and len(won) == 1)
        assert person.revoke(made["id"]).status_code == 204


def test_a_race_of_revocations_revokes_a_key_once(person, crowd, security_log):
    made = person.made()
    answers = crowd.at_once(each(person, "delete", f"{KEYS}{made['id']}/"))
    assert statuses(answers) == [204] + [404] * 15
    assert len(security_log("api_key_revoked")) == 1


def test_a_rotation_that_races_a_revocation_leaves_no_key(person, crowd):
    for _ in range(ROUNDS * 2):
        made = person.made()
        calls = each(person, "post", f"{KEYS}{made['id']}/rotate/", {"overlap_seconds": 600})
        calls[::2] = each(person, "delete", f"{KEYS}{made['id']}/")[::2]
        answers = crowd.at_once(calls)
        assert statuses(answers).count(204) == 1
        assert set(statuses(answers)) <= {201, 204, 404, 409}
        shown = [answer.json()["key"] for answer in answers if answer.status_code == 201]
        for key in [made["key"], *shown]:
            assert not APIKey.objects.is_valid(key)
        assert person.list().json() == []


@pytest.mark.parametrize("limit", [1, 10])
def test_a_rate_limit_of_a_key_is_exact_under_a_race(crowd, make_key, limit):
    for _ in range(ROUNDS):
        _, key = make_key(rate=f"{limit}/hour")
        calls = [partial(Client().get, "/key", **with_key(key)) for _ in range(THREADS)]
        answers = crowd.at_once(calls)
        assert statuses(answers) == [200] * limit + [429] * (THREADS - limit)
        assert all(int(a["Retry-After"]) > 3500 for a in answers if a.status_code == 429)
        assert RequestCount.objects.latest("ends_at").requests == limit


def test_a_new_window_is_begun_once(crowd, make_key):
    _, key = make_key(rate="5/hour")
    for _ in range(ROUNDS):
        long_ago = "2020-01-01T00:00:00Z"
        RequestCount.objects.update(requests=5, window_ends_at=long_ago, ends_at=long_ago)
        calls = [partial(Client().get, "/key", **with_key(key)) for _ in range(THREADS)]
        assert statuses(crowd.at_once(calls)) == [200] * 5 + [429] * 11


def test_the_first_use_is_noted_without_blocking_requests(crowd, make_key):
    _, key = make_key()
    calls = [partial(Client().get, "/key", **with_key(key)) for _ in range(THREADS)]
    assert statuses(crowd.at_once(calls)) == [200] * THREADS
    assert APIKey.objects.get().last_used_ip == "127.0.0.1"


def test_a_race_of_rehashes_of_a_key_refuses_no_client(crowd, make_key):
    _, key = make_key()
    for _ in range(ROUNDS):
        APIKey.objects.update(hashed_key=make_password(key))
        calls = [partial(Client().get, "/key", **with_key(key)) for _ in range(THREADS)]
        assert statuses(crowd.at_once(calls)) == [200] * THREADS
        assert APIKey.objects.get().hashed_key == APIKey.objects.key_generator.hash(key)


def test_under_load_an_overlap_refuses_no_valid_request_and_its_end_accepts_none(crowd, make_key):
    """Two keys in flight; after the overlap the old one is over, to the moment."""
    api_key, old = make_key()
    overlap = timedelta(seconds=3)
    began = monotonic()
    new = flows.rotate(api_key, overlap).key
    rotated = monotonic()
    # When the overlap can have ended at the earliest, and at the latest.
    earliest, latest = began + overlap.total_seconds(), rotated + overlap.total_seconds()

    def hammer(number):
        key, seen = (old, new)[number % 2], []
        start = monotonic()
        while start <= latest:
            seen.append((start, is_accepted(key), monotonic()))
            start = monotonic()
        return [*seen, (start, is_accepted(key), monotonic())]

    answers = crowd.at_once([partial(hammer, number) for number in range(THREADS)])
    of_old = [one for number, seen in enumerate(answers) if number % 2 == 0 for one in seen]
    of_new = [one for number, seen in enumerate(answers) if number % 2 == 1 for one in seen]
    assert all(accepted for _, accepted, _ in of_new)
    during = [accepted for _, accepted, finish in of_old if finish < earliest]
    after = [accepted for start, accepted, _ in of_old if start > latest]
    assert len(during) > 0
    assert all(during)
    assert len(after) == THREADS // 2
    assert not any(after)


def is_accepted(key):
    try:
        use_key(key, lambda: None)
    except APIKeyInvalid:
        return False
    return True


def test_successive_rotations_refuse_no_client_that_follows_them(crowd, make_key):
    """A client that takes up each new key within the overlap is never refused."""
    api_key, key = make_key()
    keys, begun, stop = [key], [], []

    def rotate():
        for number in range(10):
            sleep(0.05)
            begun.append(number)
            keys.append(flows.rotate(APIKey.objects.get(pk=api_key.pk), timedelta(days=1)).key)
        stop.append(True)
        return []

    def follow():
        refused = []
        while not stop:
            number = len(keys) - 1
            latest = keys[number]
            # One rotation since is what the overlap is for; of two, the second ends it.
            if not is_accepted(latest) and len(begun) <= number + 1:
                refused.append(latest)
        return refused

    answers = crowd.at_once([rotate, *[follow] * (THREADS - 1)])
    assert answers == [[]] * THREADS
    assert [APIKey.objects.is_valid(one) for one in keys] == [False] * 9 + [True] * 2


def test_a_limit_is_exact_without_http_too(crowd, make_key):
    _, key = make_key(rate="7/day")

    def use():
        try:
            use_key(key, lambda: None)
        except APIKeyRateExceeded:
            return False
        return True

    assert sum(crowd.at_once([use] * THREADS)) == 7
