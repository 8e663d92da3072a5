"""Guessing passwords from many connections at once."""

from functools import partial

import pytest
from authkit.models import PasswordAttempts
from django.db.models import Sum
from django.test import Client as Browser

from tests.conftest import PASSWORD, Client
from tests.factors.test_factor_bypass import admin_log_in
from tests.passwords.attempts.test_brute_force import KNOWN_IP, address, failures, lock, log_in
from tests.sessions.crowd import Crowd, come_in_full

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def guesses(name, ips, password="wrong"):
    return [partial(log_in, Client(), name, password, ip) for ip in ips]


def statuses(answers):
    return [answer.status_code for answer in answers]


def test_a_race_of_sixty_four_at_one_client_gets_ten(user, clock, hasher_runs):
    name = user.get_username()
    with Crowd(64) as crowd:
        for window in range(1, 11):
            hasher_runs.clear()
            answers = statuses(crowd.at_once(guesses(name, [KNOWN_IP] * 64)))
            assert set(answers) <= {401, 423, 429}
            assert len(hasher_runs) == answers.count(401) == 10
            assert failures() == 10 * window
            clock.shift(15 * 60)
        hasher_runs.clear()
        assert set(statuses(crowd.at_once(guesses(name, [KNOWN_IP] * 64)))) == {423}
    assert hasher_runs == []
    assert failures() == 100


def test_a_race_of_sixty_four_clients_gets_a_hundred(user, clock, hasher_runs):
    name = user.get_username()
    lock(name, 80)
    with Crowd(64) as crowd:
        judged = 0
        for turn in range(4):
            places = [address(1_000 * turn + number) for number in range(64)]
            judged += statuses(crowd.at_once(guesses(name, places))).count(401)
    assert len(hasher_runs) == judged <= 20
    assert failures() == 80 + judged


def test_a_race_of_spellings_shares_the_ten(user, clock, hasher_runs):
    name = user.get_username()
    spellings = [name[:index] + name[index:].upper() for index in range(4)] + [f" {name}"]
    calls = [call for each in spellings for call in guesses(each, [KNOWN_IP] * 12)]
    with Crowd(60) as crowd:
        answers = statuses(crowd.at_once(calls))
    assert len(hasher_runs) == answers.count(401) <= 10
    assert failures() == answers.count(401)


@pytest.mark.user_names
@pytest.mark.addresses
def test_a_race_of_all_names_of_an_account_gets_ten(make_user, clock, hasher_runs, settings):
    settings.AUTHKIT = {"LOGIN_FIELDS": ["username", "email"]}
    make_user("ann", email="ann@example.com")
    names = ["ann", "ann@example.com", "Ann@example.com", "ANN@EXAMPLE.COM"]
    calls = [call for name in names for call in guesses(name, [KNOWN_IP] * 15)]
    with Crowd(60) as crowd:
        for window in range(1, 3):
            hasher_runs.clear()
            assert statuses(crowd.at_once(calls)).count(401) == len(hasher_runs) == 10
            assert failures() == 10 * window
            clock.shift(15 * 60)


@pytest.mark.urls("tests.factors.urls")
def test_a_race_at_the_api_and_the_form_of_the_admin_gets_ten(make_user, clock, hasher_runs):
    boss = make_user("boss", is_staff=True)
    hasher_runs.clear()
    form = [partial(at_the_form, boss) for _ in range(30)]
    with Crowd(60) as crowd:
        crowd.at_once([*form, *guesses(boss.get_username(), [KNOWN_IP] * 30)])
    assert len(hasher_runs) == failures() == 10


def at_the_form(user):
    return admin_log_in(Browser(REMOTE_ADDR=KNOWN_IP), user, password="wrong")


@pytest.mark.many
def test_the_owner_logs_in_from_a_known_network_during_ten_thousand_failures(user, clock):
    name = user.get_username()
    times = 20 if come_in_full() else 2
    with Crowd(29) as crowd:
        assert log_in(Client(), name).status_code == 200
        for turn in range(18):
            places = [address(28 * turn + number) for number in range(28)]
            calls = [partial(fail_often, name, ip, times) for ip in places]
            *attackers, owner = crowd.at_once([*calls, *guesses(name, [KNOWN_IP], PASSWORD)])
            assert set().union(*attackers) <= {401, 423, 429}
            assert owner.status_code == 200
    totals = PasswordAttempts.objects.aggregate(failures=Sum("failures"))
    assert totals["failures"] <= 100


def fail_often(name, ip, times):
    client = Client()
    return {log_in(client, name, "wrong", ip).status_code for _ in range(times)}
