"""Requests stay counted while SECRET_KEY is rotated, in the database and in a cache."""

import uuid
from functools import partial

import pytest
from authkit.core.limits.cached import Counter
from authkit.core.limits.rates import parse
from authkit.core.limits.requests import count_request
from authkit.models import RequestCount
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.core.limits.stores import DUMMY, LOCMEM, REDIS, needs_redis, settle
from tests.rotation.deployment import TOGETHER, in_process_at
from tests.sessions.crowd import Crowd

pytestmark = pytest.mark.django_db

RATE = parse("10/hour")


def count(times=1, rate=RATE):
    return [count_request("reset", "reader@example.com", rate) for _ in range(times)]


def counted():
    return sorted(RequestCount.objects.values_list("requests", flat=True))


def test_a_count_goes_on_and_is_copied_to_the_new_name(clock, rotate, remove_old_key):
    assert count(6) == [0] * 6
    rotate()
    assert count(2) == [0] * 2
    assert counted() == [8, 8]
    remove_old_key(carried_over=False)
    assert count(4) == [0, 0, 3600, 3600]
    clock.shift(3600)
    assert count() == [0]


def test_a_count_that_is_used_up_stays_so(clock, rotate):
    count(10)
    rotate()
    clock.shift(60)
    assert count(2) == [3540, 3540]
    assert counted() == [10, 10]
    clock.shift(3540)
    assert count(11) == [0] * 10 + [3600]


def test_without_the_old_key_it_begins_anew(clock, at_step):
    count(10)
    at_step("removed")
    assert count() == [0]


def test_a_name_that_is_first_counted_in_between_has_two_rows_of_one_count(clock, at_step):
    at_step("rotated")
    assert count(11) == [0] * 10 + [3600]
    assert counted() == [10, 10]


def test_a_window_that_ended_counts_as_before(clock, rotate):
    count(3)
    clock.shift(3601)
    rotate()
    assert count(11) == [0] * 10 + [3600]


def test_a_count_from_the_future_is_no_limit(clock, rotate):
    clock.shift(86_400)
    count(10)
    clock.shift(-86_400)
    rotate()
    assert count(11) == [0] * 10 + [3600]


def test_one_query_is_added_while_there_is_a_fallback(clock, at_step):
    costs = {}
    for step in ("before", "rotated", "removed"):
        at_step(step)
        count()  # what there is to copy has been copied
        with CaptureQueriesContext(connection) as queries:
            count()
        costs[step] = [query["sql"].split()[0] for query in queries]
    assert costs == {"before": ["UPDATE"], "rotated": ["SELECT", "UPDATE"], "removed": ["UPDATE"]}


@pytest.mark.parametrize("order", ["new first", "old first"])
def test_processes_with_and_without_the_new_key_share_one_count(clock, processes, order):
    """So a rotation that is not announced lets no request more through."""
    steps = ["before", "rotated"] if order == "old first" else ["rotated", "before"]
    calls = [in_process_at(step, count) for step in steps * 3]
    assert [call() for call in calls] == [[0]] * 6
    old, new = (in_process_at(step, partial(count, 8)) for step in steps)
    assert [*old(), *new()].count(0) == 4


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "steps", [("rotated",), ("before", "rotated"), *TOGETHER], ids=" and ".join
)
@pytest.mark.parametrize("earlier", [0, 6])
def test_a_race_of_sixteen_gets_the_rate(clock, processes, steps, earlier):
    # The old key is removed days after the new one has begun to count.
    first = "rotated" if "removed" in steps else "before"
    in_process_at(first, partial(count, earlier))()
    with Crowd(16) as crowd:
        calls = [in_process_at(steps[number % len(steps)], count) for number in range(16)]
        passed = [*crowd.at_once(calls), *crowd.at_once(calls)].count([0])
    assert passed == 10 - earlier


# --- tiers -------------------------------------------------------------------------------------


@pytest.fixture(params=[pytest.param(REDIS, id="redis", marks=needs_redis), LOCMEM, DUMMY])
def counter(request, settings, clock):
    settings.CACHES = {"default": request.param | {"KEY_PREFIX": uuid.uuid4().hex}}
    if request.param is REDIS:
        settle()
    return Counter("default")


def take(counter, times=1):
    return [counter.take("one", parse("5/min")) for _ in range(times)]


def test_a_tier_goes_on(counter, clock, rotate):
    assert take(counter, 3) == [0] * 3
    rotate()
    waits = take(counter, 4)
    assert waits[:2] == [0, 0]
    assert all(0 < wait <= 65 for wait in waits[2:])
    clock.shift(max(waits))
    assert take(counter, 5) == [0] * 5


def test_without_the_old_key_a_tier_begins_anew(counter, clock, at_step):
    take(counter, 5)
    at_step("removed")
    assert take(counter) == [0]


def test_processes_that_know_both_keys_share_a_tier(counter, clock, processes):
    calls = [in_process_at(step, partial(take, counter)) for step in TOGETHER[1] * 4]
    assert [call() for call in calls].count([0]) == 5
