"""The log-in form of our admin site: the same counts, refusals and events as ``token/``."""

import pytest
from authkit.models import SecurityEvent
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.test import Client as Browser
from django.test import override_settings

from tests.conftest import PASSWORD, Client
from tests.factors.test_factor_bypass import MIDDLEWARE, admin_log_in, is_in
from tests.passwords.attempts.test_brute_force import AWAY, KNOWN_IP, failures, lock, log_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.factors.urls")]


@pytest.fixture(autouse=True)
def middleware():
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        yield


@pytest.fixture
def boss(make_user):
    return make_user("boss", is_staff=True, is_superuser=True)


def browser_at(ip):
    return Browser(REMOTE_ADDR=ip)


def guess(user, times, ip=KNOWN_IP):
    return [admin_log_in(browser_at(ip), user, password="wrong").content for _ in range(times)]


@pytest.mark.slow
def test_brute_force_at_the_form_ends_after_ten_attempts(boss, clock, hasher_runs):
    pages = guess(boss, 300)
    assert len(hasher_runs) == failures() == 10
    assert b"Please enter the correct" in pages[9]
    assert b"Please enter the correct" not in pages[10]
    browser = browser_at(KNOWN_IP)
    assert admin_log_in(browser, boss).status_code == 200
    assert not is_in(browser)
    clock.shift(15 * 60)
    assert admin_log_in(browser, boss).status_code == 302
    assert is_in(browser)


def test_the_form_and_the_api_share_one_budget(boss, clock):
    name = boss.get_username()
    guess(boss, 5)
    answers = [log_in(Client(), name, "wrong").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert admin_log_in(browser_at(KNOWN_IP), boss).status_code == 200


def test_an_account_that_is_locked_at_the_api_is_locked_at_the_form(boss, clock):
    lock(boss.get_username())
    browser = browser_at(AWAY)
    page = admin_log_in(browser, boss)
    assert page.status_code == 200
    assert "This account is locked." in page.content.decode()
    assert not is_in(browser)


def test_a_right_password_at_the_form_forgives_like_the_api(boss, clock):
    guess(boss, 9)
    assert admin_log_in(browser_at(KNOWN_IP), boss).status_code == 302
    assert failures() == 0


def test_the_form_records_what_the_api_records(boss, make_user, clock):
    admin_log_in(browser_at(AWAY), boss, password="wrong")
    admin_log_in(browser_at(AWAY), boss)
    admin_log_in(browser_at(AWAY), make_user())  # not staff
    events = SecurityEvent.objects.order_by("created_at").values_list("kind", "ip")
    assert sorted(events) == [
        ("login_failed", AWAY),
        ("login_failed", AWAY),
        ("session_started", AWAY),
    ]
    assert SecurityEvent.objects.get(kind="session_started").facts == {"amr": ["pwd"]}


def test_the_form_records_the_second_factor(boss, enrol, clock):
    chief = enrol(boss)
    SecurityEvent.objects.all()._raw_delete("default")
    admin_log_in(browser_at(AWAY), boss, code=chief.phone.wrong_code())
    admin_log_in(browser_at(AWAY), boss, code=chief.phone.fresh_code())
    events = {(event.kind, event.ip) for event in SecurityEvent.objects.all()}
    assert events == {("second_factor_failed", AWAY), ("session_started", AWAY)}
    assert "otp" in SecurityEvent.objects.get(kind="session_started").facts["amr"]


def test_unknown_and_known_names_get_the_same_page(boss, make_user, clock):
    stranger = make_user("unknown")
    stranger.delete()
    for _ in range(12):
        known, unknown = guess(boss, 1)[0], guess(stranger, 1)[0]
        form = known.partition(b'id="login-form"')[0]
        assert form == unknown.partition(b'id="login-form"')[0]


def test_a_log_in_of_the_admin_is_no_transaction(boss):
    """Refusals keep their counts under ATOMIC_REQUESTS, and concurrent guesses do not wait."""
    seen = []

    def note(**kwargs):
        seen.append(transaction.get_connection().in_atomic_block)

    user_login_failed.connect(note)
    try:
        before = transaction.get_connection().in_atomic_block
        guess(boss, 1)
    finally:
        user_login_failed.disconnect(note)
    assert seen == [before]
    assert failures() == 1


def test_the_password_is_taken_as_it_is(make_user, clock):
    boss = make_user("spaced", password=" " + PASSWORD, is_staff=True)
    assert admin_log_in(browser_at(AWAY), boss, password=PASSWORD).status_code == 200
    assert admin_log_in(browser_at(AWAY), boss, password=" " + PASSWORD).status_code == 302
