"""Sixty-four threads with a connection each, on every store that counts."""

from functools import partial

import pytest
from authkit.core.limits.cached import Counter
from authkit.core.limits.rates import parse
from authkit.models import RequestCount
from django.core.management import call_command
from django.test import override_settings

from tests.core.limits.stores import DATABASE, DUMMY, LOCMEM, NO_REDIS, REDIS, needs_redis, settle
from tests.sessions.crowd import Crowd

THREADS = 64
RATE = parse("150/h")


def allowed(client, rounds=5):
    """How many requests of 5 * 64 at once are within the rate."""
    counter = Counter("default")
    with Crowd(THREADS) as crowd:
        calls = [partial(counter.take, client, RATE)] * THREADS
        return [crowd.at_once(calls).count(0) for _ in range(rounds)]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@override_settings(CACHES={"default": DATABASE})
def test_under_a_race_a_table_counts_where_the_cache_is_in_the_database(clock):
    call_command("createcachetable", verbosity=0)
    for client in ("one", "another"):
        assert allowed(client) == [64, 64, 22, 0, 0]
    assert [count.requests for count in RequestCount.objects.all()] == [150, 150]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@needs_redis
@override_settings(CACHES={"default": NO_REDIS})
def test_without_its_redis_the_table_counts(clock):
    assert allowed("one") == [64, 64, 22, 0, 0]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@override_settings(CACHES={"default": DUMMY})
def test_a_new_window_starts_once_under_a_race_of_sixty_four(clock):
    for _ in range(3):
        assert allowed("one", rounds=3) == [64, 64, 22]
        clock.shift(3600)
    assert RequestCount.objects.count() == 1


@needs_redis
@override_settings(CACHES={"default": REDIS})
def test_redis_counts_exactly_under_a_race(clock):
    settle()
    for client in ("one", "another"):
        assert allowed(client) == [64, 64, 22, 0, 0]


@override_settings(CACHES={"default": LOCMEM})
def test_locmem_counts_exactly_under_a_race_within_a_process(clock):
    for client in ("one", "another"):
        assert allowed(client) == [64, 64, 22, 0, 0]
