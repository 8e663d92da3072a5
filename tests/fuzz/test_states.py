"""Random sequences of what owner, thief and administrator do, with the invariants of DESIGN.

A failure prints the shortest sequence that was found, and the command that plays it again.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.invariants import Violation, check_step
from tests.fuzz.operations import OPERATIONS, owner_returns
from tests.fuzz.world import AUTHKIT, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.many]

SEQUENCES = int(os.environ.get("AUTHKIT_TEST_FUZZ", "6"))
FIRST = int(os.environ.get("AUTHKIT_TEST_FUZZ_SEED", "0"))
SEEDS = range(FIRST, FIRST + SEQUENCES)
STEPS = 80


@pytest.fixture(autouse=True)
def _settings(settings, mailers):
    settings.AUTHKIT = AUTHKIT


@pytest.mark.parametrize("seed", SEEDS)
def test_no_sequence_breaks_an_invariant(seed, clock):
    steps = list(range(STEPS))
    told = play(seed, steps, clock)
    if told is not None:
        steps, told = shortest(seed, steps, told, clock)
        pytest.fail(f"{told}\n\n{replay(__file__, seed)}", pytrace=False)


def play(seed, steps, clock):
    """Play some steps of a sequence; return what was done if an invariant is broken, else None."""
    world, lines, weights = World(clock), [], swarm(seed)
    try:
        for number in steps:
            step(world, draw(world, Random(f"{seed} {number}"), weights), lines)
        for attempt in owner_returns(world):
            step(world, attempt, lines)
    except Exception as broken:
        return "\n".join([*lines, f"=> {named(broken)}"])
    return None


def named(broken):
    """Return what is wrong: the invariant, or where an answer made no sense at all."""
    if isinstance(broken, Violation):
        return str(broken)
    return "".join(traceback.format_exception(broken)[-3:])


def step(world, attempt, lines):
    lines.append(f"{len(lines) + 1}. {attempt.says}")
    answer = attempt.send()
    lines[-1] += f": {answer}"
    check_step(world, attempt, answer)


def swarm(seed):
    """Return the weights of the operations: each sequence prefers some, and has others rarely.

    Swarm testing (Groce et al., 2012): what is rare everywhere is reached where it is preferred.
    """
    dice = Random(f"{seed} weights")
    return {prepare: weight * dice.choice([0.2, 1, 1, 2]) for prepare, weight in OPERATIONS.items()}


def draw(world, dice, weights):
    while True:
        [prepare] = dice.choices(list(weights), list(weights.values()))
        attempt = prepare(world, dice)
        if attempt is not None:
            return attempt


def shortest(seed, steps, told, clock):
    """Leave out steps as long as the same invariant is broken; return the rest, and what it did."""
    broken = told.rpartition("=> ")[2][:30]
    size = len(steps) // 2
    while size:
        for start in range(len(steps) - size, -1, -size):
            fewer = steps[:start] + steps[start + size :]
            again = play(seed, fewer, clock)
            if again is not None and again.rpartition("=> ")[2].startswith(broken):
                steps, told = fewer, again
        size //= 2
    return steps, told


def replay(file, seed):
    return f"AUTHKIT_TEST_FUZZ=1 AUTHKIT_TEST_FUZZ_SEED={seed} pytest tests/fuzz/{Path(file).name}"
