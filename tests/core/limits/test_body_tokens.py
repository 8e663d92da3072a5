"""Clients behind one IP whose credential is a token in the body: each session has its own rate."""

import pytest
from authkit.core.http.views import AuthkitView
from authkit.models import TOTPDevice
from authkit.throttling import AnonymousThrottle
from django.core.cache import caches
from django.test import override_settings
from rest_framework.throttling import AnonRateThrottle, ScopedRateThrottle, UserRateThrottle

from tests.conftest import AUTH, PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.limits.urls")]


class Anon(AnonRateThrottle):
    rate = "2/min"


class User(UserRateThrottle):
    rate = "2/min"


class Scoped(ScopedRateThrottle):
    THROTTLE_RATES = {"tokens": "2/min"}


@pytest.fixture(autouse=True)
def _rates(clock, monkeypatch):
    monkeypatch.setattr(AuthkitView, "throttle_scope", "tokens", raising=False)
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"anon": "2/min"}}):
        yield


@pytest.fixture(params=[AnonymousThrottle, Anon, User, Scoped], ids=lambda each: each.__name__)
def limited(request, monkeypatch):
    """Begin to limit, when a test has logged in: two requests a minute."""

    def begin():
        monkeypatch.setattr(AuthkitView, "throttle_classes", [request.param])

    return begin


def pairs(client, make_user, number=5):
    return [client.pair(make_user()) for _ in range(number)]


def challenge(client, user):
    device = TOTPDevice(user=user, name="phone", confirmed=True)
    device.seal(b"0123456789abcdefghij")
    device.save()
    response = client.log_in(user)
    assert response.status_code == 202
    return response.json()["challenge"]


def junk(client, times=3):
    """Requests without a valid token, which are limited by the IP that all of them share."""
    return [client.refresh("x").status_code for _ in range(times)]


def test_each_session_refreshes_at_a_rate_of_its_own(client, make_user, limited):
    tokens = [pair["refresh"] for pair in pairs(client, make_user)]
    limited()
    assert junk(client) == [401, 401, 429]
    for _ in range(2):
        answers = [client.refresh(token) for token in tokens]
        assert [answer.status_code for answer in answers] == [200] * 5
        tokens = [answer.json()["refresh"] for answer in answers]
    assert [client.refresh(token).status_code for token in tokens] == [429] * 5
    assert junk(client) == [429] * 3


def test_a_refusal_by_the_rate_spends_no_token(client, make_user, limited, clock):
    [pair] = pairs(client, make_user, 1)
    limited()
    first = client.refresh(pair["refresh"]).json()
    second = client.refresh(first["refresh"]).json()
    assert client.refresh(second["refresh"]).status_code == 429
    clock.shift(120)
    caches["default"].clear()  # the clock of REST framework's throttles is not the project's
    assert client.refresh(second["refresh"]).status_code == 200


def test_so_do_log_out_and_verification(client, make_user, limited):
    owners = pairs(client, make_user)
    limited()
    junk(client)
    assert [client.verify(pair["access"]).status_code for pair in owners] == [200] * 5
    assert [client.revoke(pair["refresh"]).status_code for pair in owners] == [204] * 5


def test_so_does_the_second_step_of_a_log_in(client, make_user, limited):
    challenges = [challenge(client, make_user()) for _ in range(3)]
    limited()
    junk(client)

    def answers():
        bodies = [{"challenge": each, "code": "000000"} for each in challenges]
        return [client.post(AUTH + "token/second-factor/", body).status_code for body in bodies]

    assert [answers() for _ in range(3)] == [[401] * 3, [401] * 3, [429] * 3]


@pytest.mark.parametrize("body", ["{", "[]", "null", '"x"', '{"refresh": 1}', "{}"])
def test_a_body_without_a_token_counts_for_the_ip(client, limited, body):
    limited()
    sent = (AUTH + "token/refresh/", body, "application/json")
    answers = [client.generic("POST", *sent) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]


def test_a_token_of_another_kind_counts_for_the_ip(client, make_user, limited):
    """Else any service that gets an access token could use up the refreshes of its session."""
    owners = pairs(client, make_user)
    limited()
    answers = [client.refresh(pair["access"]).status_code for pair in owners]
    assert answers == [401, 401, 429, 429, 429]


def test_an_expired_token_counts_for_the_ip(client, make_user, limited, clock):
    owners = pairs(client, make_user)
    clock.shift(86_400 + 1)
    limited()
    answers = [client.refresh(pair["refresh"]).status_code for pair in owners]
    assert answers == [401, 401, 429, 429, 429]


def test_a_forged_token_counts_for_the_ip(client, make_user, limited):
    owners = pairs(client, make_user)
    limited()
    answers = [client.refresh(pair["refresh"][:-4] + "AAAA").status_code for pair in owners]
    assert answers == [401, 401, 429, 429, 429]


def test_log_in_counts_for_the_ip(client, make_user, limited):
    users = [make_user() for _ in range(3)]
    limited()
    assert [client.log_in(user, PASSWORD).status_code for user in users] == [200, 200, 429]


def test_it_costs_no_query(client, make_user, monkeypatch, django_assert_num_queries):
    [pair] = pairs(client, make_user, 1)
    monkeypatch.setattr(AuthkitView, "throttle_classes", [AnonymousThrottle])
    with django_assert_num_queries(2):  # as without a rate limit: tests/sessions
        assert client.refresh(pair["refresh"]).status_code == 200
