"""Run by tests/login/test_axes.py, in a process whose Django has django-axes."""

import pytest
from authkit.models import Session
from axes.models import AccessAttempt
from axes.utils import reset

from tests.conftest import PASSWORD
from tests.sessions.answers import (
    CHALLENGE,
    INVALID_CREDENTIALS,
    TOO_MANY_ATTEMPTS,
    assert_refused,
    assert_session_lives,
)

pytestmark = pytest.mark.django_db


def fail(client, user, times):
    return [client.log_in(user, PASSWORD + "x") for _ in range(times)]


def test_axes_counts_our_failures_by_name_and_address(client, user):
    [answer] = fail(client, user, 1)
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    attempt = AccessAttempt.objects.get()
    assert (attempt.username, attempt.ip_address) == (user.get_username(), "127.0.0.1")
    assert attempt.failures_since_start == 1
    assert PASSWORD not in f"{attempt.get_data}{attempt.post_data}"


def test_axes_locks_out_and_we_say_when_to_come_back(client, user):
    fail(client, user, 3)
    answer = client.log_in(user)
    assert_refused(answer, TOO_MANY_ATTEMPTS, status=429, challenge=None)
    assert answer["Retry-After"] == str(2 * 60 * 60)
    assert Session.objects.count() == 0


def test_the_failure_that_locks_out_says_so_itself(client, user):
    assert [answer.status_code for answer in fail(client, user, 4)] == [401, 401, 429, 429]


def test_a_lock_out_is_of_one_name_and_one_address(client, user, make_user):
    fail(client, user, 3)
    assert client.log_in(make_user()).status_code == 200
    assert client.log_in(user, REMOTE_ADDR="192.0.2.1").status_code == 200


def test_a_lock_out_ends_no_session(client, user):
    pair = client.pair(user)
    fail(client, user, 3)
    assert_session_lives(client, pair)
    assert client.refresh(pair["refresh"]).status_code == 200


def test_axes_lets_in_again_after_a_reset(client, user):
    fail(client, user, 3)
    reset()
    assert client.log_in(user).status_code == 200


def test_the_middleware_of_axes_does_not_replace_our_answer(client, user, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "axes.middleware.AxesMiddleware"]
    fail(client, user, 3)
    answer = client.log_in(user)
    assert_refused(answer, TOO_MANY_ATTEMPTS, status=429, challenge=None)
    assert answer["Retry-After"] == str(2 * 60 * 60)
