"""One client and one rate, in every store, and while the stores fail."""

import random
import socket
import time
import uuid
from datetime import UTC, datetime, timedelta
from math import ceil

import pytest
from authkit.core import clock as authkit_clock
from authkit.core.cache import CACHE_PAUSE, cache_of
from authkit.core.limits import cached as counting
from authkit.core.limits.cached import Counter, adds
from authkit.core.limits.rates import Rate, parse
from authkit.errors import ServiceUnavailable
from authkit.models import RequestCount
from django.core.cache import caches
from django.core.management import call_command
from django.db import OperationalError

from tests.core.limits.stores import DATABASE, DUMMY, LOCMEM, NO_REDIS, REDIS, needs_redis, settle

pytestmark = pytest.mark.django_db

STORES = [
    pytest.param(LOCMEM, id="locmem"),
    pytest.param(DATABASE, id="database"),
    pytest.param(DUMMY, id="dummy"),
    pytest.param(REDIS, id="redis", marks=needs_redis),
    pytest.param(NO_REDIS, id="no redis", marks=needs_redis),
]
RATE = parse("3/min")


@pytest.fixture(params=STORES)
def counter(request, settings, clock):
    settings.CACHES = {"default": request.param | {"KEY_PREFIX": uuid.uuid4().hex}}
    call_command("createcachetable", verbosity=0)
    if request.param is REDIS:
        settle()
    return Counter("default")


def take(counter, times, client="one", rate=RATE):
    return [counter.take(client, rate) for _ in range(times)]


def test_the_rate_limit_is_exact_and_says_how_long_to_wait(counter, clock):
    clock.move_to(datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC))
    first = take(counter, 5)
    assert first[:3] == [0, 0, 0]
    # In a cache a request counts until the step of five seconds that it was made in is over.
    assert first[3] in (60, 65)
    clock.shift(first[3] - 0.5)
    assert take(counter, 1) == [1]
    clock.shift(0.5)
    assert take(counter, 4)[:3] == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_never_more_than_the_rate_in_any_period(counter, clock, number):
    """A clock that slides across every edge."""
    pauses, let_in, now = random.Random(number), [], 0.0
    for _ in range(60):
        let_in += [now] * take(counter, 3, rate=Rate(number, timedelta(minutes=1))).count(0)
        pause = pauses.choice([0, 0.5, 3, 9.5, 10, 20, 59.5, 60])
        clock.shift(pause)
        now += pause
    assert max(sum(start <= each < start + 60 for each in let_in) for start in let_in) == number
    assert len(let_in) > 10


def test_half_of_the_rate_is_never_refused(counter, clock):
    """A client that is steady: exactness must not cost it its requests."""
    for _ in range(40):
        assert counter.take("one", parse("6/min")) == 0
        clock.shift(20)


def test_clients_and_periods_are_counted_apart(counter):
    take(counter, 5)
    assert take(counter, 3, client="another") == [0, 0, 0]
    assert take(counter, 3, rate=parse("3/hour")) == [0, 0, 0]


def test_a_rate_that_is_changed_counts_from_what_there_was(counter):
    take(counter, 3)
    assert take(counter, 3, rate=parse("5/min"))[:2] == [0, 0]
    assert counter.take("one", parse("5/min")) > 0


@pytest.mark.parametrize("rate", ["1/s", "1/m", "1/h", "1/d"])
def test_every_period_comes_to_its_end(counter, clock, rate):
    rate = parse(rate)
    assert counter.take("one", rate) == 0
    wait = counter.take("one", rate)
    assert 0 < wait <= ceil(rate.period.total_seconds() * 13 / 12)
    clock.shift(wait)
    assert counter.take("one", rate) == 0


def test_a_server_whose_clock_is_behind_counts_on_the_same_row(clock, settings):
    settings.CACHES = {"default": DUMMY}
    counter = Counter("default")
    take(counter, 2)
    clock.shift(-60)
    assert take(counter, 2)[0] == 0
    assert take(counter, 1)[0] > 0


def test_a_cache_counts_what_a_server_whose_clock_is_ahead_has_let_in(clock, settings):
    settings.CACHES = {"default": LOCMEM | {"KEY_PREFIX": uuid.uuid4().hex}}
    counter = Counter("default")
    clock.move_to(datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC))
    take(counter, 3)
    clock.shift(-1)
    assert take(counter, 1)[0] > 0


def test_which_caches_add_in_one_step(settings):
    settings.CACHES = {"default": LOCMEM, "database": DATABASE, "dummy": DUMMY}
    assert {alias: adds(caches[alias]) for alias in settings.CACHES} == {
        "default": True,
        "database": False,
        "dummy": False,
    }


def test_the_table_holds_no_address(settings):
    settings.CACHES = {"default": DUMMY}
    Counter("default").take("anon:network:203.0.113.9", RATE)
    [row] = RequestCount.objects.all()
    assert "203" not in str(row).replace(row.name, "")
    assert len(row.name) == 64


# --- statements ---------------------------------------------------------------------------


def test_a_request_is_one_statement_and_a_refused_one_two(settings, django_assert_num_queries):
    settings.CACHES = {"default": DUMMY}
    counter = Counter("default")
    take(counter, 1)
    with django_assert_num_queries(2):
        assert take(counter, 2) == [0, 0]
    with django_assert_num_queries(2):
        assert take(counter, 1) != [0]


def test_a_cache_that_counts_costs_no_statement(settings, django_assert_num_queries):
    settings.CACHES = {"default": LOCMEM}
    with django_assert_num_queries(0):
        take(Counter("default"), 5)


# --- outages ------------------------------------------------------------------------------


@needs_redis
def test_a_redis_that_is_down_is_tried_once_and_then_paused(settings, clock, caplog):
    settings.CACHES = {"default": NO_REDIS}
    counter = Counter("default")
    assert take(counter, 5)[:3] == [0, 0, 0]
    assert [record.name for record in caplog.records] == ["authkit.cache"]
    assert 0 < counter.cache.paused_until - time.monotonic() <= CACHE_PAUSE
    counter.cache.paused_until = 0
    take(counter, 1)
    assert counter.cache.paused_until > 0
    assert len(caplog.records) == 1  # the second of the same second is counted


@needs_redis
def test_a_redis_that_comes_back_counts_again(settings, clock, django_assert_num_queries):
    settings.CACHES = {"default": NO_REDIS}
    counter = Counter("default")
    take(counter, 1)
    settings.CACHES = {"default": REDIS}
    settle()
    counter.cache.paused_until = 0
    with django_assert_num_queries(0):
        take(counter, 1)


@needs_redis
def test_a_redis_that_hangs_is_given_up_and_the_limit_stays(settings, clock):
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        location = f"redis://127.0.0.1:{hangs.getsockname()[1]}"
        settings.CACHES = {"default": NO_REDIS | {"LOCATION": location}}
        waits = take(Counter("default"), 4)
    assert waits[:3] == [0, 0, 0]
    assert waits[3] > 0


@needs_redis
def test_redis_is_waited_for_as_long_as_the_project_says_if_it_does(settings):
    settings.CACHES = {"default": NO_REDIS}
    assert cache_of("default")._options == {"socket_timeout": 0.1, "socket_connect_timeout": 0.1}
    settings.CACHES = {"default": NO_REDIS | {"OPTIONS": {"socket_timeout": 0.2}}}
    assert cache_of("default")._options == {"socket_timeout": 0.2, "socket_connect_timeout": 0.1}


class Evicting(type(caches["default"])):
    """Forgets at once whatever it is told, as a cache that is full may."""

    def add(self, *args, **kwargs):
        return False

    def incr(self, *args, **kwargs):
        raise ValueError("not found")


def test_a_cache_that_forgets_at_once_is_not_counted_in(settings, clock):
    settings.CACHES = {"default": LOCMEM | {"BACKEND": f"{__name__}.Evicting"}}
    waits = take(Counter("default"), 4)
    assert waits[:3] == [0, 0, 0]
    assert waits[3] > 0


def test_without_cache_and_database_it_is_503(settings, monkeypatch):
    def down(*args, **options):
        raise OperationalError("the connection was lost")

    settings.CACHES = {"default": DUMMY}
    monkeypatch.setattr(type(RequestCount.objects), "take", down)
    with pytest.raises(ServiceUnavailable):
        take(Counter("default"), 1)


def test_a_fault_of_the_program_is_not_hidden_as_an_outage(settings, monkeypatch):
    def broken(*args):
        raise TypeError("a bug")

    settings.CACHES = {"default": DUMMY}
    monkeypatch.setattr(type(RequestCount.objects), "take", broken)
    with pytest.raises(TypeError):
        take(Counter("default"), 1)


def test_a_counter_in_a_cache_outlives_its_window_by_a_minute_of_clock_skew(settings, monkeypatch):
    settings.CACHES = {"default": LOCMEM | {"KEY_PREFIX": uuid.uuid4().hex}}
    lifetimes = []
    cache = cache_of("default")
    original = type(cache).add

    def add(self, key, value, timeout):
        lifetimes.append(timeout)
        return original(self, key, value, timeout)

    monkeypatch.setattr(type(cache), "add", add)
    Counter("default").take("one", parse("3/min"))
    Counter("default").take("one", parse("3/hour"))
    assert lifetimes == [60 + 5 + 60, 3600 + 300 + 60]


def test_rows_say_when_they_may_be_deleted(settings, clock):
    settings.CACHES = {"default": DUMMY}
    Counter("default").take("one", parse("1/min"))
    [row] = RequestCount.objects.all()
    assert row.ends_at - authkit_clock.now() == timedelta(minutes=1)


def test_counters_are_one_for_each_cache():
    assert counting.counter_of("default") is counting.counter_of("default")
