"""Requests of one kind, counted in the database."""

from datetime import UTC, datetime

import pytest
from authkit.core.limits.rates import parse
from authkit.core.limits.requests import count_request
from authkit.models import RequestCount

pytestmark = pytest.mark.django_db

LIMIT = parse("2/hour")


def count(times, kind="reset", who="reader@example.com", limit=LIMIT):
    return [count_request(kind, who, limit) for _ in range(times)]


def test_the_rate_limit_of_one_kind_is_exact_and_says_how_long_to_wait(clock):
    clock.move_to(datetime(2026, 3, 1, 12, 59, 0, tzinfo=UTC))
    assert count(4) == [0, 0, 3600, 3600]
    clock.shift(60)
    assert count(1) == [3540]
    clock.shift(3540)
    assert count(3) == [0, 0, 3600]


def test_the_edge_of_a_window_lets_no_second_number_through(clock):
    assert count(1) == [0]
    clock.shift(3599)
    assert count(2) == [0, 3600]
    clock.shift(2)
    assert count(2) == [3598, 3598]  # until the second one is an hour old
    clock.shift(3598)
    assert count(3) == [0, 0, 3600]


def test_a_limit_that_was_lowered_counts_from_what_there_was(clock):
    assert count(5, limit=parse("5/hour")) == [0] * 5
    assert count(1) == [3600]


def test_kinds_and_people_are_counted_apart(clock):
    count(3)
    assert count(1, kind="verification") == [0]
    assert count(1, who="another@example.com") == [0]


def test_the_row_does_not_say_who_it_was():
    count(1)
    assert "reader" not in str(RequestCount.objects.values().get())
