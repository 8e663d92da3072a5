"""When each key signs, and from when on none does: against asking the ring at every moment."""

import random
from datetime import UTC, datetime
from math import inf

import pytest
from authkit.signing.keys import SigningKey
from authkit.signing.ring import KeyRing
from authkit.signing.schedule import (
    as_words,
    in_minutes,
    needed_until,
    signing_periods,
    silence,
)


def key(not_before=-inf, expires_at=inf, signs_until=inf, secret=b"s"):
    return SigningKey("HS256", b"s", secret, "kid", not_before, expires_at, signs_until)


def periods(*keys):
    ring = KeyRing(keys)
    return [signing_periods(one, ring) for one in keys]


def test_a_newer_key_takes_over():
    assert periods(key(), key(10), key(20)) == [[(-inf, 10)], [(10, 20)], [(20, inf)]]


def test_an_older_key_signs_again_after_a_newer_one():
    assert periods(key(), key(10, 20)) == [[(-inf, 10), (20, inf)], [(10, 20)]]


def test_a_key_that_may_not_sign_any_more_does_not_come_back():
    assert periods(key(signs_until=10), key(10, 20)) == [[(-inf, 10)], [(10, 20)]]


def test_of_equals_the_first_signs():
    assert periods(key(), key()) == [[(-inf, inf)], []]


def test_a_public_key_takes_over_from_none():
    assert periods(key(), key(10, secret=None)) == [[(-inf, inf)], [(10, inf)]]


def test_a_public_key_has_signed_until_a_newer_one_did():
    assert periods(key(0, secret=None), key(10)) == [[(0, 10)], [(10, inf)]]


def test_a_key_that_never_was_valid_never_signed():
    assert periods(key(10), key(-inf, -inf, -inf)) == [[(10, inf)], []]


@pytest.mark.parametrize("seed", range(200))
def test_it_is_what_the_ring_does(seed, clock):
    """Random rings: who signs in each hour, asked of the clock, is who signs by the schedule."""
    dice = random.Random(seed)
    moments = [-inf, *range(8)]
    keys = []
    for _ in range(dice.randint(1, 5)):
        start = dice.choice(moments)
        end = dice.choice([inf, *(moment for moment in moments if moment > start)])
        until = dice.choice([inf, inf, end])
        keys.append(key(start, end, until, dice.choice([b"s", b"s", None])))
    ring = KeyRing(keys)
    signers = [one for one in ring.keys if one.secret is not None]
    planned = {
        id(one): [moment for moment in range(9) if covers(signing_periods(one, ring), moment)]
        for one in signers
    }
    for moment in range(9):
        asked = next((one for one in ring.keys if one.signs(moment)), None)
        assert [one for one in signers if moment in planned[id(one)]] == [asked][
            : asked is not None
        ]


def covers(found, moment):
    return any(start <= moment < end for start, end in found)


def test_silence_begins_where_no_key_signs(clock):
    now = datetime.now(UTC).timestamp()
    assert silence(KeyRing([key()])) == inf
    assert silence(KeyRing([])) == now
    assert silence(KeyRing([key(now + 1)])) == now
    assert silence(KeyRing([key(secret=None)])) == now
    assert silence(KeyRing([key(expires_at=now)])) == now
    assert silence(KeyRing([key(expires_at=now + 1)])) == now + 1
    assert silence(KeyRing([key(expires_at=now + 1), key(now + 1)])) == inf
    assert silence(KeyRing([key(expires_at=now + 1), key(now + 2)])) == now + 1
    assert silence(KeyRing([key(signs_until=now + 5), key(now + 1, now + 9)])) == now + 9


def test_a_key_is_needed_for_the_lifetime_of_its_tokens_and_the_skew():
    assert needed_until(1000) == 1000 + 24 * 3600 + 60
    assert needed_until(inf) == inf


def test_moments_are_rounded_up_to_minutes_in_utc():
    assert as_words(0) == "1970-01-01 00:00 UTC"
    assert as_words(0.25) == "1970-01-01 00:01 UTC"
    assert as_words(1e18) == "9999-12-31 23:59 UTC"
    assert in_minutes(60).tzinfo is not None
