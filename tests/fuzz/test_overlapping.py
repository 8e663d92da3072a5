"""Operations of owner, thief and administrator that overlap, each thread with its connection.

What is printed on failure is what was sent; which order the database chose cannot be replayed.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.operations import wait
from tests.fuzz.rounds import play_round
from tests.fuzz.test_states import SEEDS, draw, named, replay, swarm
from tests.fuzz.world import AUTHKIT, World
from tests.sessions.crowd import Crowd

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.many,
]

THREADS = 5
ROUNDS = 30


@pytest.fixture(autouse=True)
def _settings(settings, mailers):
    settings.AUTHKIT = AUTHKIT


@pytest.fixture
def crowd():
    with Crowd(THREADS) as crowd:
        yield crowd


@pytest.mark.parametrize("seed", SEEDS)
def test_no_order_of_overlapping_steps_breaks_an_invariant(seed, clock, crowd):
    world, lines, weights = World(clock), [], swarm(seed)
    between = weights.pop(wait)
    try:
        for number in range(ROUNDS):
            dice = Random(f"{seed} {number}")
            lines.append(f"{number + 1}. at once:")
            play_round(world, several(world, dice, weights), crowd, lines)
            if dice.random() < min(1, between / 12):
                pass_time(world, dice, lines)
    except Exception as broken:
        story = "\n".join([*lines, f"=> {named(broken)}"])
        pytest.fail(f"{story}\n\n{replay(__file__, seed)}", pytrace=False)


def several(world, dice, weights):
    """Return what overlaps: different requests, and some that send the very same."""
    attempts = [draw(world, dice, weights) for _ in range(dice.randint(2, THREADS))]
    twins = dice.choices(attempts, k=THREADS - len(attempts))
    return attempts + twins


def pass_time(world, dice, lines):
    attempt = wait(world, dice)
    answer = attempt.send()
    attempt.then(answer)
    lines.append(f"   {attempt.says}")
