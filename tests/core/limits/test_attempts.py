"""Counting guesses. The rows are those of the codes of second factors."""

from datetime import timedelta
from functools import partial

import pytest
from authkit.core.limits.attempts import count_attempt
from authkit.core.limits.rates import Limits
from authkit.errors import AccountLocked, AttemptsExceeded
from authkit.models import CodeAttempts

from tests.sessions.crowd import Crowd

pytestmark = pytest.mark.django_db

LIMITS = Limits(window=timedelta(minutes=1), per_window=3, in_a_row=7)


@pytest.fixture
def counter(user, clock):
    return CodeAttempts.objects.create(user=user)


def rows(counter):
    return CodeAttempts.objects.filter(pk=counter.pk)


def count(counter, times=1):
    return [count_attempt(rows(counter), LIMITS) for _ in range(times)]


def refusal(counter):
    counter.refresh_from_db()
    return counter.refusal(LIMITS)


def test_each_attempt_is_counted_until_none_is_left(counter):
    assert count(counter, 5) == [True, True, True, False, False]
    counter.refresh_from_db()
    assert (counter.failures, counter.window_failures) == (3, 3)


def test_a_window_ends_when_none_was_counted_for_its_length(counter, clock):
    assert count(counter) == [True]
    clock.shift(59)
    assert count(counter, 3) == [True, True, False]
    clock.shift(59)
    assert count(counter) == [False]
    clock.shift(1)
    assert count(counter, 4) == [True, True, True, False]
    counter.refresh_from_db()
    assert (counter.failures, counter.window_failures) == (6, 3)


def test_windows_come_to_an_end_where_too_many_are_in_a_row(counter, clock):
    taken = 0
    for _ in range(10):
        taken += sum(count(counter, 5))
        clock.shift(60)
    assert taken == 7
    assert isinstance(refusal(counter), AccountLocked)
    clock.shift(86_400 * 365)
    assert count(counter) == [False]


def test_forgiving_starts_over(counter, clock):
    count(counter, 5)
    rows(counter).update(**CodeAttempts.FORGIVEN)
    assert refusal(counter) is None
    assert count(counter, 4) == [True, True, True, False]


def test_the_refusal_says_when_to_come_back(counter, clock):
    assert refusal(counter) is None
    count(counter, 2)
    assert refusal(counter) is None
    count(counter)
    clock.shift(20)
    why = refusal(counter)
    assert isinstance(why, AttemptsExceeded)
    assert why.wait in (40, 41)
    clock.shift(why.wait)
    assert refusal(counter) is None
    assert count(counter) == [True]


def test_a_lockout_is_reported_before_a_rate_limit(counter):
    rows(counter).update(failures=7, window_failures=3, last_attempt_at=None)
    assert isinstance(refusal(counter), AccountLocked)


def test_a_clock_that_is_behind_by_a_minute_opens_no_window(counter, clock):
    count(counter, 3)
    clock.shift(-60)
    assert count(counter, 3) == [False] * 3
    assert refusal(counter).wait == 60  # and not two minutes


def test_a_clock_that_was_further_ahead_keeps_no_window_closed(counter, clock):
    count(counter, 3)
    clock.shift(-61)
    assert refusal(counter) is None
    assert count(counter, 4) == [True] * 3 + [False]


def test_rows_are_counted_apart(counter, make_user):
    other = CodeAttempts.objects.create(user=make_user())
    count(counter, 5)
    assert count(other, 3) == [True] * 3
    assert count_attempt(CodeAttempts.objects.none(), LIMITS) is False


def test_an_attempt_is_counted_by_one_compare_and_set_statement(counter, django_assert_num_queries):
    with django_assert_num_queries(1):
        count(counter)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_race_of_sixty_four_attempts_is_counted_exactly(counter, clock):
    with Crowd(64) as crowd:
        for taken in (3, 3, 1, 0):
            results = crowd.at_once([partial(count_attempt, rows(counter), LIMITS)] * 64)
            assert sum(results) == taken
            clock.shift(60)
