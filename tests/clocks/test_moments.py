"""One process whose clock is turned back: what was written before is in its future."""

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from authkit.api_keys.using import usage
from authkit.core import clock as authkit_clock
from authkit.core.identity import one_time_links
from authkit.core.identity.models import Purpose
from authkit.core.limits.models import RequestCount
from authkit.core.limits.rates import Rate
from authkit.models import APIKey, SecurityEvent, Session, TOTPDevice
from authkit.sessions.validate import is_recent

from tests.conftest import AUTH, bearer
from tests.sessions.answers import assert_session_is_dead, assert_token_invalid

pytestmark = pytest.mark.django_db

#: In seconds; a clock that was ahead by so much is explained by clock skew, or is not.
SKEW, WRONG = 60, 61


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.ERROR, logger="authkit.clock")
    return lambda: [one.getMessage() for one in caplog.records if one.name == "authkit.clock"]


@pytest.mark.parametrize(
    ("ahead", "age"),
    [
        (-3600, timedelta(hours=1)),
        (0, timedelta(0)),
        (0.4, timedelta(0)),
        (SKEW, timedelta(0)),
        (SKEW + 0.001, timedelta.max),
        (3600, timedelta.max),
    ],
)
def test_the_age_of_a_moment(clock, said, ahead, age):
    moment = authkit_clock.now() + timedelta(seconds=ahead)
    assert authkit_clock.age_of(moment) == age
    assert said() == ([authkit_clock.AHEAD] if age == timedelta.max else [])


def test_the_log_says_it_once(clock, said):
    for _ in range(99):
        assert authkit_clock.is_ahead(authkit_clock.now().timestamp() + WRONG)
    assert said() == [authkit_clock.AHEAD]


def test_a_token_that_was_issued_ahead_is_taken(client, user, clock, said):
    pair = client.pair(user)
    clock.shift(-SKEW)
    assert client.sessions(pair["access"]).status_code == 200
    assert client.verify(pair["access"]).status_code == 200
    assert client.refresh(pair["refresh"]).status_code == 200
    assert said() == []


def test_a_token_of_a_wrong_clock_opens_nothing(client, user, clock, said):
    pair = client.pair(user)
    clock.shift(-WRONG)
    assert_token_invalid(client.sessions(pair["access"]))
    assert_token_invalid(client.refresh(pair["refresh"]))
    assert said() == [authkit_clock.AHEAD]
    assert Session.objects.get().revoked_at is None


@pytest.mark.parametrize("shift", [-3600, -SKEW, -0.4, 24 * 3600 + SKEW - 1])
@pytest.mark.parametrize("is_read", [False, True])
def test_a_log_out_holds_whatever_the_clock_says(client, user, clock, request, shift, is_read):
    if is_read:
        request.getfixturevalue("sent")  # a receiver makes the log-out read the session
    pair = client.pair(user)
    clock.shift(shift)
    assert client.revoke(pair["refresh"]).status_code == 204
    clock.shift(-shift)
    assert_session_is_dead(client, pair)


def test_all_other_sessions_end_also_one_that_lives_by_another_clock(client, user, clock):
    old = client.pair(user)
    clock.shift(24 * 3600 + 1)
    assert (
        client.delete(AUTH + "sessions/", **bearer(client.pair(user)["access"])).status_code == 204
    )
    clock.shift(-2)
    assert_session_is_dead(client, old)


def test_a_clock_that_is_ahead_takes_no_retry_for_theft(client, user, clock):
    pair = client.pair(user)
    successor = client.refresh(pair["refresh"]).json()
    clock.shift(SKEW)
    Session.objects.update(rotated_at=authkit_clock.now())  # the clock of the database stood still
    assert client.refresh(pair["refresh"]).json()["refresh"] == successor["refresh"]
    assert not SecurityEvent.objects.filter(kind="token_reused").exists()


def test_a_clock_that_is_behind_keeps_no_grace_open(client, user, clock):
    pair = client.pair(user)
    client.refresh(pair["refresh"])
    clock.shift(-SKEW)
    past = authkit_clock.now() - timedelta(seconds=10)
    Session.objects.update(rotated_at=past)  # the clock of the database went on
    assert client.refresh(pair["refresh"]).json()["code"] == "token_reused"


@pytest.mark.parametrize("shift", [-30, 0, 30])
def test_each_rotation_has_one_trace_of_a_replay(client, user, clock, shift):
    pair = client.pair(user)
    for rotations in (1, 2):
        successor = client.refresh(pair["refresh"]).json()
        clock.shift(shift)
        Session.objects.update(rotated_at=authkit_clock.now())
        for _ in range(2):
            assert client.refresh(pair["refresh"]).status_code == 200
        clock.shift(-shift)
        pair = successor
        replays = SecurityEvent.objects.filter(kind="token_replayed")
        assert replays.count() == rotations


@pytest.mark.parametrize(("ahead", "recent"), [(SKEW, True), (WRONG, False), (10**400, False)])
def test_a_step_up_of_the_future(clock, ahead, recent):
    proved_at = int(authkit_clock.now().timestamp()) + ahead
    assert is_recent(SimpleNamespace(payload={"auth_time": proved_at})) is recent


def test_a_rate_is_not_closed_by_a_wrong_clock(clock, said):
    rate = Rate(2, timedelta(hours=1))
    assert [RequestCount.objects.take("key", rate) for _ in range(3)] == [0, 0, 3600]
    clock.shift(-SKEW)
    assert RequestCount.objects.take("key", rate) == 3660
    assert said() == []
    clock.shift(SKEW - WRONG)
    assert [RequestCount.objects.take("key", rate) for _ in range(3)] == [0, 0, 3600]
    assert said() == [authkit_clock.AHEAD]


def test_wrong_passwords_of_the_future_close_nothing(client, user, clock):
    assert [client.log_in(user, "wrong").status_code for _ in range(11)] == [401] * 10 + [429]
    clock.shift(-SKEW)
    refused = client.log_in(user)
    assert (refused.status_code, int(refused.headers["Retry-After"])) == (429, 15 * 60)
    clock.shift(SKEW - WRONG)
    assert client.log_in(user).status_code == 200


@pytest.mark.parametrize(("shift", "lapsed"), [(-SKEW, False), (-WRONG, True)])
def test_a_set_up_of_the_future(user, clock, shift, lapsed):
    device = TOTPDevice(user=user, confirmed=False)
    clock.shift(shift)
    assert device.has_lapsed() is lapsed


@pytest.mark.parametrize(("shift", "found"), [(-SKEW, True), (-WRONG, False)])
def test_a_link_of_the_future(user, clock, shift, found):
    lifetime = timedelta(minutes=30)
    [token] = one_time_links.issue(Purpose.PASSWORD_RESET, [(user, "a@b.example")], lifetime)
    clock.shift(shift)
    assert (one_time_links.find(Purpose.PASSWORD_RESET, token) is not None) is found


@pytest.mark.parametrize(("shift", "written"), [(-SKEW, False), (-WRONG, True)])
@pytest.mark.django_db(transaction=True)
def test_the_last_use_of_a_key(user, clock, shift, written):
    api_key, key = APIKey.objects.create_key(name="job", owner=user)
    usage.use_key(key, lambda: None)
    clock.shift(shift)
    usage.use_key(key, lambda: None)
    api_key.refresh_from_db()
    assert (api_key.last_used_at == authkit_clock.now()) is written
