"""A Redis that is emptied and restarted, however often, lets at most twice a rate pass."""

import random
from datetime import timedelta

import pytest
from authkit.core.limits.cached import SKEW, Counter
from authkit.core.limits.rates import Rate
from authkit.models import RequestCount

pytestmark = [pytest.mark.redis, pytest.mark.django_db]

RATE = Rate(30, timedelta(minutes=1))


def answered(workers):
    """The workers ask the cache again, which had failed."""
    for worker in workers:
        worker.cache.paused_until = 0


def let_in(worker, times):
    return [worker.take("one", RATE) for _ in range(times)].count(0)


def test_a_rate_passes_twice_at_most_through_restarts_one_after_the_other(private_redis, clock):
    worker = Counter("default")
    passed = let_in(worker, 40)
    assert passed == 30
    for _ in range(3):
        private_redis.stop()
        passed += let_in(worker, 40)
        private_redis.start()
        answered([worker])
        passed += let_in(worker, 40)
        clock.shift(2)
    assert passed == 60


def test_a_redis_that_was_emptied_counts_again_after_a_period(
    private_redis, clock, django_assert_num_queries
):
    worker = Counter("default")
    private_redis.flush()
    assert let_in(worker, 40) == 30
    assert RequestCount.objects.get().requests == 30
    clock.shift(60 + SKEW)
    with django_assert_num_queries(0):
        assert let_in(worker, 40) == 30


def test_a_new_worker_knows_that_the_cache_was_emptied(private_redis, clock):
    let_in(Counter("default"), 40)
    private_redis.flush()
    assert sum(let_in(Counter("default"), 40) for _ in range(3)) == 30


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_period_sees_more_than_twice_the_rate(private_redis, clock, seed):
    chance, now, moments = random.Random(seed), 0.0, []
    workers = [Counter("default") for _ in range(3)]

    def outage():
        private_redis.stop()
        moments.extend([now] * let_in(chance.choice(workers), 20))
        private_redis.start()

    for _ in range(60):
        chance.choice([private_redis.flush, outage, *[lambda: answered(workers)] * 6])()
        moments += [now] * let_in(chance.choice(workers), 20)
        pause = chance.choice([0, 0.5, 3, 9.5, 20, 59.5, 60, 125])
        clock.shift(pause)
        now += pause
    assert max(sum(start <= each < start + 60 for each in moments) for start in moments) <= 60
    assert len(moments) > 200
