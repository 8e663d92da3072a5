"""``expires_in`` is true: it is what is left of the token, which is refused from then on."""

import time
from datetime import timedelta
from itertools import product

import jwt
import pytest
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, bearer

pytestmark = pytest.mark.django_db

SECONDS = [1.5, 300, 3600.25]


@pytest.fixture(params=product(SECONDS, repeat=3), ids=lambda each: "-".join(map(str, each)))
def lifetimes(request):
    access, idle, absolute = (timedelta(seconds=each) for each in request.param)
    simple_jwt = {"ACCESS_TOKEN_LIFETIME": access, "REFRESH_TOKEN_LIFETIME": idle}
    with override_settings(SIMPLE_JWT=simple_jwt, AUTHKIT={"SESSION_ABSOLUTE_LIFETIME": absolute}):
        yield [access, idle, absolute]


def exp_of(token):
    return jwt.decode(token, options={"verify_signature": False})["exp"]


def left_of(token):
    return exp_of(token) - int(time.time())


def is_accepted(client, access):
    status = client.sessions(access).status_code
    assert status in (200, 401)
    return status == 200


def assert_true_of(client, answer, clock):
    access = answer["access"]
    assert answer["expires_in"] == left_of(access)
    clock.shift(exp_of(access) - time.time() - 0.01)
    assert is_accepted(client, access)
    clock.shift(0.02)
    assert not is_accepted(client, access)


def test_of_a_log_in(client, user, lifetimes, clock):
    answer = client.pair(user)
    assert answer["expires_in"] <= min(lifetimes).total_seconds()
    assert_true_of(client, answer, clock)


@pytest.mark.parametrize("share", [0.4, 0.9])
def test_of_a_refresh(client, user, lifetimes, clock, share):
    first = client.pair(user)
    clock.shift(first["expires_in"] * share)
    response = client.refresh(first["refresh"])
    if response.json().get("expires_in"):
        assert_true_of(client, response.json(), clock)


@pytest.mark.parametrize("share", [0.4, 0.9])
def test_of_a_reauthentication(client, user, lifetimes, clock, share):
    """It does not extend the session, so its token ends with that."""
    first = client.pair(user)
    clock.shift(first["expires_in"] * share)
    answer = client.post(
        AUTH + "reauthenticate/", {"password": PASSWORD}, **bearer(first["access"])
    ).json()
    if answer.get("expires_in"):
        assert_true_of(client, answer, clock)


@pytest.mark.parametrize("leeway", [0.5, 5, timedelta(minutes=1)], ids=str)
def test_a_leeway_is_added_to_what_it_says(client, user, clock, leeway):
    with override_settings(SIMPLE_JWT={"LEEWAY": leeway}):
        answer = client.pair(user)
        assert answer["expires_in"] == left_of(answer["access"]) == 300
        seconds = leeway.total_seconds() if isinstance(leeway, timedelta) else leeway
        clock.shift(300 + seconds - 0.5)
        assert is_accepted(client, answer["access"])
        clock.shift(0.5)
        assert not is_accepted(client, answer["access"])


def test_no_leeway_outlives_the_session(client, user, clock):
    names = ("ACCESS_TOKEN_LIFETIME", "REFRESH_TOKEN_LIFETIME")
    lifetimes = dict.fromkeys(names, timedelta(minutes=5))
    with override_settings(SIMPLE_JWT=lifetimes | {"LEEWAY": 60}):
        access = client.pair(user)["access"]
        clock.shift(300)
        assert not is_accepted(client, access)
