"""``CompiledAttempts`` counts what the ORM would count, with SQL that is written once."""

from datetime import timedelta

import pytest
from authkit.core import clock as now_clock
from authkit.core.db.compiled_attempts import CompiledAttempts
from authkit.core.limits.attempts import count_attempt
from authkit.core.limits.rates import Limits
from authkit.models import PasswordAttempts

pytestmark = pytest.mark.django_db

LIMITS = Limits(window=timedelta(minutes=1), per_window=3, in_a_row=7)


@pytest.fixture
def attempts():
    return CompiledAttempts(PasswordAttempts)


def make(pk, account="a", place="p"):
    return PasswordAttempts.objects.create(id=pk, account=account, place=place, name="n")


def counts(pk):
    columns = ("failures", "window_failures", "window_started_at")
    return PasswordAttempts.objects.values_list(*columns).get(pk=pk)


def test_a_count_is_what_the_orm_counts(attempts, clock):
    make("ours")
    make("theirs")
    for step in [0, 20, 0, 0, 41, 59, 0, 1, 60, 0, 0, 0, -3600, 3600, 86_400]:
        clock.shift(step)
        theirs = PasswordAttempts.objects.filter(pk="theirs")
        assert attempts.count("ours", LIMITS) is count_attempt(theirs, LIMITS)
        assert counts("ours") == counts("theirs")


def test_a_row_that_is_not_there_is_not_counted(attempts):
    assert attempts.count("nothing", LIMITS) is False
    assert PasswordAttempts.objects.count() == 0


def test_sums_are_of_one_account_and_tell_places_and_windows_apart(attempts, clock):
    start = now_clock.now()
    for pk, place in [("1", "p"), ("2", "p"), ("3", "q")]:
        make(pk, place=place)
        attempts.count(pk, LIMITS)
    make("4", account="b")
    attempts.count("4", LIMITS)
    clock.shift(30)
    make("5")
    attempts.count("5", LIMITS)
    assert attempts.sums("a", "p", start - timedelta(seconds=1)) == (4, 3, 3, start)
    assert attempts.sums("a", "p", start) == (4, 3, 1, now_clock.now())
    assert attempts.sums("a", "p", now_clock.now()) == (4, 3, 0, None)


def test_nobodys_sums_are_nothing(attempts):
    assert attempts.sums("a", "p", now_clock.now()) == (0, 0, 0, None)
