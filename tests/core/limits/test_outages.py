"""A real Redis that is emptied, ends or hangs while sixty-four clients are counted in it."""

from functools import partial
from itertools import count

import pytest
from authkit.core.limits.cached import Counter
from authkit.core.limits.rates import parse
from authkit.models import PasswordAttempts
from django.db.models import Sum

from tests.conftest import Client
from tests.passwords.attempts.test_brute_force import KNOWN_IP, log_in
from tests.sessions.crowd import Crowd

THREADS = 64
TROUBLES = ["flush", "stop", "slow"]

pytestmark = [
    pytest.mark.redis,
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("trouble", TROUBLES),
]


@pytest.fixture(autouse=True)
def _patience(private_redis, settings, trouble):
    """On a busy machine an answer may be slow: only where Redis hangs is that the outage."""
    if trouble != "slow":
        configured = settings.CACHES["default"] | {"OPTIONS": {"socket_timeout": 60}}
        settings.CACHES = {"default": configured}


def causing(trouble, server, call, turns):
    """Return ``call``, with the trouble when half of the threads have begun."""

    def run():
        if next(turns) == THREADS // 2:
            getattr(server, trouble)()
        return call()

    return run


def test_rate_limits_hold_through_a_redis_outage(private_redis, clock, trouble):
    rate, counter = parse("40/h"), Counter("default")
    call = partial(counter.take, "one", rate)
    with Crowd(THREADS) as crowd:
        before = crowd.at_once([call] * 30)
        meanwhile = crowd.at_once([causing(trouble, private_redis, call, count())] * THREADS)
        after = crowd.at_once([call] * THREADS) + crowd.at_once([call] * THREADS)
    assert before == [0] * 30
    # What the cache had counted is lost with it, once: no more than twice the rate, and as many
    # as were in flight, since a refused one takes its count back from what came after.
    assert 10 <= [*meanwhile, *after].count(0) <= 40 + 10 + THREADS
    assert 0 not in after[-THREADS:]


def test_the_limit_of_password_attempts_holds_through_a_redis_outage(
    private_redis, user, clock, hasher_runs, trouble
):
    guess = partial(log_in, Client(), user.get_username(), "wrong", KNOWN_IP)
    with Crowd(THREADS) as crowd:
        answers = crowd.at_once([causing(trouble, private_redis, guess, count())] * THREADS)
        answers += crowd.at_once([guess] * THREADS)
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {401, 429}
    assert len(hasher_runs) == statuses.count(401) == 10
    assert PasswordAttempts.objects.aggregate(all=Sum("failures"))["all"] == 10
