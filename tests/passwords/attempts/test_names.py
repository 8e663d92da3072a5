"""One account has one budget, whatever name leads to it."""

import pytest
from authkit.models import LoginName, PasswordAttempts
from authkit.passwords.checking.attempts import reset_password_failures
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factors.answers import assert_locked
from tests.login.test_login import words
from tests.passwords.attempts.test_brute_force import (
    AWAY,
    WINDOW,
    address,
    fail,
    failures,
    lock,
    log_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.user_names, pytest.mark.addresses]

EMAIL = "ann@example.com"
BACKEND = "tests.login.backends.ByNameOrEmail"


@pytest.fixture
def ann(make_user):
    return make_user("ann", email=EMAIL)


@pytest.fixture
def backend(settings):
    """A backend of the project takes both."""
    settings.AUTHENTICATION_BACKENDS = [BACKEND]


@pytest.fixture
def fields(settings):
    """A setting of authkit takes both."""
    settings.AUTHKIT = {"LOGIN_FIELDS": ["username", "email"]}


@pytest.fixture(params=["backend", "fields"])
def both(request, ann):
    request.getfixturevalue(request.param)


# --- the setting -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ann", EMAIL, "Ann@EXAMPLE.com"])
def test_login_fields_take_user_name_or_email(client, ann, fields, name):
    assert log_in(client, name).status_code == 200
    assert log_in(client, name, "wrong").status_code == 401


def test_without_the_setting_the_user_name_alone_logs_in(client, ann):
    assert log_in(client, EMAIL).status_code == 401


def test_an_email_of_two_accounts_logs_neither_in(client, ann, make_user, fields):
    make_user("twin", email=EMAIL)
    assert log_in(client, EMAIL).status_code == 401
    assert log_in(client, "ann").status_code == 200


def test_the_first_field_decides_between_a_user_name_and_an_email(client, ann, make_user, settings):
    make_user(EMAIL, password="the password of another")
    settings.AUTHKIT = {"LOGIN_FIELDS": ["email", "username"]}
    assert log_in(client, EMAIL).status_code == 200
    settings.AUTHKIT = {"LOGIN_FIELDS": ["username", "email"]}
    assert log_in(client, EMAIL).status_code == 401


def test_login_fields_do_equal_work_for_unknown_names(client, ann, fields, clock, hasher_runs):
    work = set()
    for number, name in enumerate(["ann", EMAIL, "ghost", "ghost@example.com"]):
        hasher_runs.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = log_in(client, name, "wrong", address(number))
        work.add((answer.status_code, answer.content, len(hasher_runs), *words(queries)))
    assert len(work) == 1


# --- one budget --------------------------------------------------------------------------------


def test_names_of_one_account_share_ten_guesses(client, both, clock):
    assert log_in(client, EMAIL).status_code == 200
    assert fail(client, EMAIL, 5) == [401] * 5
    assert fail(client, "ann", 5) == [401] * 5
    names = ["ann", EMAIL, "ANN@example.com"]
    assert [log_in(client, name).status_code for name in names] == [429] * 3
    assert failures() == 10


def test_who_logs_in_by_email_is_known_in_her_network_and_under_each_name(client, both, clock):
    assert log_in(client, EMAIL).status_code == 200
    for number in range(100):
        log_in(client, ["ann", EMAIL][number % 2], "wrong", address(number))
    for name in ("ann", EMAIL):
        assert_locked(log_in(client, name, ip=AWAY))
    assert log_in(client, EMAIL).status_code == 200


@pytest.mark.parametrize("name", ["ann", EMAIL])
def test_authkit_unlock_reaches_the_account_under_each_name(client, both, clock, name):
    assert log_in(client, EMAIL).status_code == 200
    lock("ann")
    call_command("authkit_unlock", "ann")
    assert log_in(client, name, ip=AWAY).status_code == 200


def test_unlock_and_reset_reach_a_name_that_never_logged_in(client, ann, backend, clock):
    """She has only ever typed her e-mail address, and attackers came first."""
    for reach in (
        lambda: call_command("authkit_unlock", "ann"),
        lambda: reset_password_failures(ann),
    ):
        LoginName.objects.all().delete()
        lock(EMAIL)
        assert_locked(log_in(client, EMAIL, ip=AWAY))
        reach()
        assert log_in(client, EMAIL, ip=AWAY).status_code == 200
        PasswordAttempts.objects.all().delete()


def test_a_log_in_by_one_name_ends_the_failures_of_the_other(client, both, clock):
    assert log_in(client, EMAIL).status_code == 200
    for _ in range(3):
        lock("ann", 99)
        assert log_in(client, EMAIL).status_code == 200
        clock.shift(WINDOW)
    assert failures() == 0


# --- names of others ---------------------------------------------------------------------------


def test_a_name_that_is_the_user_name_of_another_is_not_learnt(
    client, ann, make_user, backend, clock, settings
):
    """An attacker whose e-mail address is a victim's user name forgives no guess at the victim."""
    victim = make_user("bob@example.com", password="the password of the victim")
    attacker = make_user("mallory", email="bob@example.com")
    statuses = []
    for _ in range(6):
        statuses += fail(client, victim.get_username(), 2)
        statuses.append(log_in(client, attacker.email).status_code)
    assert statuses.count(401) + statuses.count(200) == 10
    assert not LoginName.objects.exists()


def test_a_learnt_name_is_not_moved_to_another_account(client, ann, make_user, backend, clock):
    assert log_in(client, EMAIL).status_code == 200
    make_user("mallory", password="another password", email=EMAIL)
    fail(client, EMAIL, 8)
    assert log_in(client, EMAIL, "another password").status_code == 200
    assert failures() == 9
    assert LoginName.objects.get().user == ann


def test_the_table_of_names_holds_no_name(client, ann, backend, clock):
    assert log_in(client, EMAIL).status_code == 200
    [row] = LoginName.objects.values()
    assert "ann" not in row["id"]
    assert len(row["id"]) == 32


def test_djangos_own_backend_costs_no_query_for_other_names(client, ann, clock):
    log_in(client, "ann")
    with CaptureQueriesContext(connection) as queries:
        log_in(client, "ann")
    assert not any("authkit_loginname" in query["sql"] for query in queries)
