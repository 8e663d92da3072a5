"""Guessing passwords: counted for the name and the place, before they are judged."""

import json
import random

import pytest
from authkit.admin import unlock_accounts
from authkit.core.http.client import Client as Peer
from authkit.errors import AccountLocked, AttemptsExceeded
from authkit.factors.totp.factor import TOTP
from authkit.models import PasswordAttempts
from authkit.passwords.checking.attempts import KNOWN_FOR, PASSWORD_LIMITS, count_log_in
from authkit.sessions.models import Session
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import APIException

from tests.conftest import AUTH, PASSWORD, bearer, username_for
from tests.factors.answers import assert_locked, assert_too_many
from tests.login.backends import Refusing
from tests.login.test_login import COUNTED_AGAIN, KEPT, MODEL_BACKEND, words
from tests.sessions.answers import CHALLENGE, INVALID_CREDENTIALS, assert_refused

pytestmark = pytest.mark.django_db

WINDOW = 15 * 60
KNOWN_IP, AWAY = "198.51.100.7", "203.0.113.9"


def log_in(client, name, password=PASSWORD, ip=KNOWN_IP, **extra):
    body = {get_user_model().USERNAME_FIELD: name, "password": password}
    return client.post(AUTH + "token/", body, REMOTE_ADDR=ip, **extra)


def fail(client, name, times, ip=KNOWN_IP):
    return [log_in(client, name, "wrong", ip).status_code for _ in range(times)]


def address(number):
    """One IP of as many as an attacker needs."""
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def lock(name, times=100):
    """Fail a hundred times, each time from somewhere else."""
    for number in range(times):
        count_log_in(name, Peer(address(number), ""))


def failures():
    return PasswordAttempts.objects.aggregate(sum=Sum("failures", default=0))["sum"]


@pytest.fixture
def name(user):
    return user.get_username()


@pytest.fixture(params=["known", "unknown"])
def some_name(request, make_user):
    """What holds for a name has to hold whether there is an account or not."""
    return make_user().get_username() if request.param == "known" else username_for("nobody")


# --- ten from one place ------------------------------------------------------------------------


def test_the_rate_limit_is_ten_in_fifteen_minutes_and_the_lockout_a_hundred_in_a_row():
    assert PASSWORD_LIMITS.window.total_seconds() == WINDOW
    assert (PASSWORD_LIMITS.per_window, PASSWORD_LIMITS.in_a_row) == (10, 100)


def test_brute_force_ends_after_ten_attempts_right_or_wrong(client, some_name, clock, hasher_runs):
    for _ in range(10):
        answer = log_in(client, some_name, "wrong")
        assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    hasher_runs.clear()
    for password in ("wrong", PASSWORD):
        answer = log_in(client, some_name, password)
        assert_too_many(answer)
        assert answer["Retry-After"] == str(WINDOW)
    assert hasher_runs == []
    assert failures() == 10


def test_a_window_ends_by_itself(client, name, clock):
    fail(client, name, 10)
    clock.shift(600)
    assert log_in(client, name)["Retry-After"] in ("300", "301")
    clock.shift(301)
    assert log_in(client, name).status_code == 200


def test_another_place_has_ten_of_its_own(client, name, clock):
    fail(client, name, 11)
    assert fail(client, name, 11, ip=AWAY) == [401] * 10 + [429]


@pytest.mark.parametrize(
    "addresses",
    [
        [f"2001:db8::{number:x}" for number in range(1, 12)],
        [f"2001:db8:0:0:{number:x}::" for number in range(1, 12)],
        ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"] * 4,
        ["", "unix:"] * 6,
    ],
    ids=["interfaces", "of-one-64", "mapped", "no-address"],
)
def test_addresses_of_one_client_count_as_one(client, some_name, clock, addresses):
    statuses = [log_in(client, some_name, "wrong", ip).status_code for ip in addresses]
    assert statuses[:11] == [401] * 10 + [429]


def test_forged_addresses_count_as_one(client, name, clock):
    forged = [log_in(client, name, "x", HTTP_X_FORWARDED_FOR=address(n)) for n in range(11)]
    assert [answer.status_code for answer in forged] == [401] * 10 + [429]


def test_behind_a_trusted_proxy_the_clients_are_counted(client, name, clock, settings):
    settings.AUTHKIT = {"TRUSTED_PROXIES": 1}
    guesses = [log_in(client, name, "x", HTTP_X_FORWARDED_FOR=address(n)) for n in range(11)]
    assert {answer.status_code for answer in guesses} == {401}
    spoofed = [
        log_in(client, name, "x", HTTP_X_FORWARDED_FOR=f"{address(n)}, {AWAY}") for n in range(11)
    ]
    assert [answer.status_code for answer in spoofed] == [401] * 10 + [429]


def test_another_account_is_not_affected(client, name, make_user, clock):
    fail(client, name, 20)
    assert log_in(client, make_user().get_username()).status_code == 200


# --- a hundred from everywhere -----------------------------------------------------------------


def test_lockout_of_a_name_after_a_hundred_failures_from_anywhere(
    client, some_name, clock, hasher_runs
):
    for number in range(100):
        assert log_in(client, some_name, "wrong", address(number)).status_code == 401
    hasher_runs.clear()
    rows = PasswordAttempts.objects.count()
    for ip in (AWAY, address(5), address(500)):
        assert_locked(log_in(client, some_name, PASSWORD, ip))
    clock.shift(86_400 * 365)
    assert_locked(log_in(client, some_name, PASSWORD, AWAY))
    assert hasher_runs == []
    assert (failures(), PasswordAttempts.objects.count()) == (100, rows)


def test_windows_of_one_place_come_to_an_end_too(client, some_name, clock):
    for _ in range(9):
        assert fail(client, some_name, 11) == [401] * 10 + [429]
        clock.shift(WINDOW)
    assert fail(client, some_name, 11) == [401] * 10 + [423]
    clock.shift(WINDOW)
    assert_locked(log_in(client, some_name))
    assert failures() == 100


def test_rate_limit_and_lockout_answers_prevent_user_enumeration(client, name, clock):
    for ip in [KNOWN_IP] * 12 + [address(number) for number in range(100)]:
        known, unknown = (
            log_in(client, each, "wrong", ip) for each in (name, username_for("nobody"))
        )
        assert known.content == unknown.content
        assert dict(known.headers) == dict(unknown.headers)
    assert known.status_code == 423


# --- at home -----------------------------------------------------------------------------------


def test_attackers_cannot_lock_an_owner_out_of_a_known_network(client, name, clock):
    assert log_in(client, name).status_code == 200
    lock(name)
    for number in range(100, 300):
        assert log_in(client, name, "wrong", address(number)).status_code == 423
    assert_locked(log_in(client, name, ip=AWAY))
    assert log_in(client, name).status_code == 200
    assert log_in(client, name, ip=AWAY).status_code == 200  # the row of failures has ended


def test_attackers_in_a_known_network_have_ten_attempts_and_a_hundred_in_a_row(client, name, clock):
    assert log_in(client, name).status_code == 200
    lock(name)
    for _ in range(9):
        assert fail(client, name, 11) == [401] * 10 + [429]
        clock.shift(WINDOW)
    assert fail(client, name, 11) == [401] * 10 + [423]
    clock.shift(WINDOW)
    assert_locked(log_in(client, name))


def test_a_known_network_is_a_prefix_of_ipv6(client, name, clock):
    assert log_in(client, name, ip="2001:db8::1").status_code == 200
    lock(name)
    assert_locked(log_in(client, name, ip="2001:db8:0:1::1"))
    assert log_in(client, name, ip="2001:db8::abcd").status_code == 200


def expire(session):
    Session.objects.filter(pk=session.pk).update(idle_expires_at=session.created_at)


def revoke(session):
    Session.objects.filter(pk=session.pk).update(revoked_at=session.created_at)


def delete(session):
    session.delete()


def change_the_password(session):
    session.user.set_password(PASSWORD)
    session.user.save()


@pytest.mark.parametrize(
    "end", [expire, revoke, delete, change_the_password], ids=lambda end: end.__name__
)
def test_a_network_stays_known_when_the_session_has_ended(client, name, clock, end):
    """Strangers fail a hundred times in the evening; the next morning the owner logs in at home."""
    assert log_in(client, name).status_code == 200
    end(Session.objects.get())
    lock(name)
    clock.shift(12 * 3600)
    call_command("authkit_prune", verbosity=0)
    assert_locked(log_in(client, name, ip=AWAY))
    assert log_in(client, name).status_code == 200


def test_a_network_is_known_for_ninety_days(client, name, clock):
    assert log_in(client, name).status_code == 200
    clock.shift(KNOWN_FOR.total_seconds() - 1)
    call_command("authkit_prune", verbosity=0)
    lock(name)
    assert log_in(client, name).status_code == 200
    clock.shift(KNOWN_FOR.total_seconds())
    lock(name)
    assert_locked(log_in(client, name))


def test_a_log_in_that_owes_a_second_factor_makes_no_network_known(
    client, name, clock, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(TOTP, "is_on", lambda factor, user: True)
        assert log_in(client, name).status_code == 202
    lock(name)
    assert_locked(log_in(client, name))


def test_behind_a_socket_without_ips_no_network_is_known(client, name, clock):
    assert log_in(client, name, ip="").status_code == 200
    lock(name)
    assert_locked(log_in(client, name, ip=""))


def test_a_session_of_another_user_makes_no_network_known(client, name, make_user, clock):
    assert log_in(client, make_user().get_username()).status_code == 200
    lock(name)
    assert_locked(log_in(client, name))


def test_looking_up_known_networks_costs_the_same_for_any_name_against_user_enumeration(
    client, some_name, clock
):
    lock(some_name)
    with CaptureQueriesContext(connection) as queries:
        assert_locked(log_in(client, some_name))
    # The networks of completed log-ins; the failures in a row since the last of them.
    assert words(queries) == ["UPDATE", "SELECT", "SELECT", "SELECT", *KEPT]


# --- what forgives -----------------------------------------------------------------------------


def test_a_success_forgives_what_failed_at_its_place(client, name, clock):
    for _ in range(3):
        assert fail(client, name, 9) == [401] * 9
        assert log_in(client, name).status_code == 200
        assert failures() == 0


def test_a_success_ends_the_row_of_failures_elsewhere_and_gives_no_guesses(client, name, clock):
    fail(client, name, 10, ip=AWAY)
    assert log_in(client, name).status_code == 200
    assert failures() == 0
    assert_too_many(log_in(client, name, ip=AWAY))


def test_one_typo_before_each_right_password_never_locks(client, name, clock):
    """Each in a network of its own, as of a phone on the way, and typed right in another."""
    for day in range(120):
        assert log_in(client, name, "typo", address(2 * day)).status_code == 401
        assert log_in(client, name, ip=address(2 * day + 1)).status_code == 200
        clock.shift(86_400)
    assert failures() == 0


def test_any_completed_log_in_ends_the_row_of_a_hundred(client, name, clock):
    for _ in range(3):
        lock(name, 99)
        assert log_in(client, name).status_code == 200
        clock.shift(WINDOW)
    lock(name, 100)
    assert_locked(log_in(client, name, ip=AWAY))


def test_an_attacker_with_the_password_alone_does_not_end_the_row(client, name, clock, monkeypatch):
    lock(name, 99)
    with monkeypatch.context() as patch:
        patch.setattr(TOTP, "is_on", lambda factor, user: True)
        assert log_in(client, name, ip=AWAY).status_code == 202
    assert failures() == 99


def test_a_success_of_ones_own_account_forgives_no_guesses_at_another(
    client, name, make_user, clock
):
    own = make_user().get_username()
    statuses = []
    for _ in range(6):
        statuses += fail(client, name, 2)
        assert log_in(client, own).status_code == 200
    assert statuses == [401] * 10 + [429] * 2


def test_a_success_where_nothing_failed_costs_ten_statements(client, name, clock):
    log_in(client, name)
    with CaptureQueriesContext(connection) as queries:
        assert log_in(client, name).status_code == 200
    # The count, the sum; the user; it was no failure; in one transaction: the user is locked, the
    # factor, the session; the network is known and the failures have ended; last_login, the event.
    rest = ["SELECT", "UPDATE", "UPDATE", "SELECT", "INSERT", "UPDATE", "UPDATE", "INSERT"]
    assert words(queries) == [*COUNTED_AGAIN, *rest]


def test_a_refusal_costs_two_statements_and_what_is_kept_and_no_counter(client, some_name, clock):
    fail(client, some_name, 10)
    rows = PasswordAttempts.objects.count()
    with CaptureQueriesContext(connection) as queries:
        assert_too_many(log_in(client, some_name))
    assert words(queries) == ["UPDATE", "SELECT", *KEPT]
    assert PasswordAttempts.objects.count() == rows


def test_an_inactive_account_is_counted_like_a_wrong_password(client, make_user, clock, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    inactive = make_user(is_active=False).get_username()
    statuses = [log_in(client, inactive).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_a_right_password_is_no_failure_although_the_second_factor_is_owed(
    client, name, clock, monkeypatch
):
    fail(client, name, 9)
    monkeypatch.setattr(TOTP, "is_on", lambda factor, user: True)
    for _ in range(30):
        assert log_in(client, name).status_code == 202
    assert failures() == 9


# --- every window of fifteen minutes -----------------------------------------------------------


def test_never_more_than_ten_are_checked_in_any_fifteen_minutes(
    client, some_name, clock, hasher_runs
):
    """A clock that slides across every edge: no window of that length holds an eleventh."""
    checked, now = [], 0
    pauses = random.Random(13)
    while now < 6 * WINDOW:
        hasher_runs.clear()
        fail(client, some_name, 4)
        checked += [now] * len(hasher_runs)
        pause = pauses.choice([1, 60, 200, WINDOW - 1, WINDOW])
        clock.shift(pause)
        now += pause
        PasswordAttempts.objects.update(failures=0)
    assert len(checked) > 20
    assert max(sum(start <= each < start + WINDOW for each in checked) for start in checked) == 10


def test_a_burst_at_the_edge_of_a_window_gets_no_second_ten(client, name, clock, hasher_runs):
    fail(client, name, 1)
    clock.shift(WINDOW - 1)
    fail(client, name, 12)
    clock.shift(2)
    fail(client, name, 12)
    assert len(hasher_runs) == 10


# --- what was not judged -----------------------------------------------------------------------

UNREACHABLE = "tests.login.backends.Unreachable"
POSITIONAL = "tests.login.backends.Positional"
REFUSING = "tests.login.backends.Refusing"


@pytest.mark.parametrize("backends", [[UNREACHABLE], [UNREACHABLE, MODEL_BACKEND]], ids=len)
def test_an_attempt_that_failed_before_the_check_is_not_counted(
    client, name, clock, settings, backends
):
    client.raise_request_exception = False
    before = settings.AUTHENTICATION_BACKENDS
    settings.AUTHENTICATION_BACKENDS = backends
    assert fail(client, name, 120) == [503] * 120
    assert list(PasswordAttempts.objects.values_list("failures", "window_failures")) == [(0, 0)]

    settings.AUTHENTICATION_BACKENDS = before
    assert log_in(client, name).status_code == 200
    assert fail(client, name, 11) == [401] * 10 + [429]


@pytest.mark.parametrize(("status", "failures"), [(499, 1), (500, 0), (503, 0)])
def test_an_api_exception_is_an_outage_from_status_500_on(
    client, name, clock, settings, monkeypatch, status, failures
):
    settings.AUTHENTICATION_BACKENDS = [REFUSING]
    error = type("Answer", (APIException,), {"status_code": status})
    monkeypatch.setattr(Refusing, "error", error)
    assert fail(client, name, 1) == [status]
    assert list(PasswordAttempts.objects.values_list("failures", flat=True)) == [failures]


def test_an_outage_forgives_nothing_that_failed_before_it(client, name, clock, settings):
    client.raise_request_exception = False
    before = settings.AUTHENTICATION_BACKENDS
    fail(client, name, 9)
    settings.AUTHENTICATION_BACKENDS = [UNREACHABLE]
    assert fail(client, name, 20) == [503] * 20
    settings.AUTHENTICATION_BACKENDS = before
    assert fail(client, name, 2) == [401, 429]


@pytest.mark.parametrize(
    ("backends", "status"),
    [
        ([MODEL_BACKEND, UNREACHABLE], 503),
        ([POSITIONAL, UNREACHABLE], 503),
        ([REFUSING], 403),
    ],
    ids=["another had refused it", "one of its kind had", "it raised a refusal"],
)
def test_an_attempt_that_may_have_been_checked_is_counted_although_a_backend_raised(
    client, name, clock, settings, backends, status
):
    client.raise_request_exception = False
    settings.AUTHENTICATION_BACKENDS = backends
    assert fail(client, name, 11) == [status] * 10 + [429]
    assert failures() == 10


def test_a_checked_attempt_is_counted_although_a_signal_receiver_fails(client, name, clock):
    def fails(**kwargs):
        raise ConnectionError("the cache is down")

    client.raise_request_exception = False
    user_login_failed.connect(fails)
    try:
        assert fail(client, name, 11) == [500] * 10 + [429]
    finally:
        user_login_failed.disconnect(fails)


# --- one name in many spellings ----------------------------------------------------------------

SPELLINGS = [
    "ALICE",
    " alice",
    "alice ",
    "\uff41lice",
    "al\u200bice",
    "\xe1lice",
    "a\u0301lice",
    "\u24d0lice",
    "\U0001d41alice",
    "alice\u00ad",
]


def spelt(text):
    """The text where names are names, and an address of it where they are addresses."""
    if get_user_model().USERNAME_FIELD != "email":
        return text
    name = text.rstrip()
    return f"{name}@example.com{text[len(name) :]}"


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS, ids=ascii)
def test_spellings_share_the_limits(client, make_user, clock, spelling):
    make_user("alice")
    fail(client, spelt("alice"), 5)
    assert fail(client, spelt(spelling), 6) == [401] * 5 + [429]
    lock_with = [spelt("alice"), spelt(spelling)]
    for number in range(90):
        log_in(client, lock_with[number % 2], "wrong", address(number))
    assert {log_in(client, each, ip=AWAY).status_code for each in lock_with} == {423}


@pytest.mark.parametrize("spelling", ["al\u0131ce", "\U0001f150lice", "al\u036dce"], ids=ascii)
def test_whatever_the_database_finds_an_account_by_shares_its_limits(
    client, make_user, clock, spelling
):
    """Which letters are the same is for the collation of a database to say."""
    make_user("alice")
    fail(client, spelt("alice"), 10)
    model = get_user_model()
    found = model.objects.filter(**{model.USERNAME_FIELD: spelt(spelling)}).exists()
    assert log_in(client, spelt(spelling)).status_code == 429 or not found


def test_an_account_of_a_similar_name_forgives_nothing(client, make_user, clock):
    """Where a database tells capitals apart, "Alice" may be the account of the attacker."""
    make_user("alice")
    own = spelt("Alice")
    if connection.vendor == "mysql":
        own = spelt("alicia")  # "Alice" is taken: it is the same name here
    make_user(own.removesuffix("@example.com"))
    fail(client, spelt("alice"), 9)
    assert log_in(client, own).status_code == 200
    assert failures() == 9


# --- inside a session --------------------------------------------------------------------------


def change(client, access, password):
    body = {"current_password": password, "new_password": PASSWORD}
    return client.post(AUTH + "password/change/", body, **bearer(access))


def reauthenticate(client, access, password):
    return client.post(AUTH + "reauthenticate/", {"password": password}, **bearer(access))


def disable(client, access, password):
    body = {"password": password, "code": "000000"}
    return client.post(AUTH + "2fa/totp/disable/", body, **bearer(access))


ROADS = [change, reauthenticate, disable]


def road_name(road):
    return road.__name__


@pytest.mark.parametrize("road", ROADS, ids=road_name)
def test_a_session_has_ten_guesses(client, user, clock, road, hasher_runs):
    access = client.pair(user)["access"]
    for _ in range(10):
        assert road(client, access, "wrong").status_code == 401
    hasher_runs.clear()
    assert_too_many(road(client, access, "wrong"))
    assert_too_many(road(client, access, PASSWORD))
    assert hasher_runs == []


def test_the_endpoints_of_a_session_share_its_ten(client, user, clock):
    access = client.pair(user)["access"]
    statuses = [ROADS[n % 3](client, access, "wrong").status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert client.sessions(access).status_code == 200


def test_a_right_password_inside_forgives(client, user, clock):
    access = client.pair(user)["access"]
    for _ in range(3):
        for _ in range(9):
            assert reauthenticate(client, access, "wrong").status_code == 401
        assert reauthenticate(client, access, PASSWORD).status_code == 200
    assert failures() == 0


def test_attackers_do_not_limit_a_user_who_is_logged_in(client, user, name, clock):
    access = client.pair(user)["access"]
    lock(name)
    assert reauthenticate(client, access, PASSWORD).status_code == 200
    assert change(client, access, PASSWORD).status_code == 204


def test_a_thief_of_tokens_has_no_ten_attempts_per_ip(client, user, clock):
    access = client.pair(user)["access"]
    statuses = [
        client.post(
            AUTH + "reauthenticate/", {"password": "x"}, REMOTE_ADDR=address(n), **bearer(access)
        ).status_code
        for n in range(11)
    ]
    assert statuses == [401] * 10 + [429]


def test_guesses_inside_count_for_the_name(client, user, name, clock):
    access = client.pair(user)["access"]
    lock(name, 95)
    for _ in range(5):
        reauthenticate(client, access, "wrong")
    assert_locked(log_in(client, name, ip=AWAY))


# --- opening again -----------------------------------------------------------------------------


def by_command(user, rf):
    call_command("authkit_unlock", user.get_username())


def by_the_action_for_users(user, rf):
    request = rf.post("/")
    request.user = user
    SessionMiddleware(lambda request: None).process_request(request)
    MessageMiddleware(lambda request: None).process_request(request)
    users = get_user_model().objects.filter(pk=user.pk)
    unlock_accounts(ModelAdmin(get_user_model(), admin.site), request, users)
    assert [str(message) for message in request._messages] == ["1 account unlocked."]


@pytest.mark.parametrize("unlock", [by_command, by_the_action_for_users], ids=road_name)
def test_a_lockout_can_be_lifted(client, user, name, clock, unlock, rf, security_log):
    lock(name)
    log_in(client, name.upper(), "wrong", AWAY)
    assert_locked(log_in(client, name))

    unlock(user, rf)

    assert failures() == 0
    assert log_in(client, name).status_code == 200
    assert len(security_log("account_unlocked")) == 1


def test_the_command_unlocks_no_other_account(client, name, make_user, clock):
    lock(name)
    call_command("authkit_unlock", make_user().get_username())
    assert_locked(log_in(client, name))


def test_a_new_password_opens_the_account(client, user, name, clock):
    access = client.pair(user)["access"]
    lock(name)
    assert_locked(log_in(client, name, ip=AWAY))
    assert change(client, access, PASSWORD).status_code == 204
    assert log_in(client, name, ip=AWAY).status_code == 200


# --- what is kept, and what is told ------------------------------------------------------------


def test_the_table_of_attempts_holds_neither_names_nor_ips(client, name, clock):
    log_in(client, name, "wrong")
    log_in(client, username_for("x" * 130), "wrong", "2001:db8::1")
    text = json.dumps([str(list(row)) for row in PasswordAttempts.objects.values_list()])
    for known in (name, KNOWN_IP, "2001:db8", "x" * 10, "wrong"):
        assert known not in text
    for row in PasswordAttempts.objects.values("id", "account", "name", "place"):
        assert {len(value) for value in row.values()} == {32}


def test_the_digests_are_keyed(client, name, clock, settings):
    log_in(client, name, "wrong")
    settings.SECRET_KEY = "another-" + settings.SECRET_KEY
    log_in(client, name, "wrong")
    assert PasswordAttempts.objects.values("account").distinct().count() == 2


def test_refusals_are_logged_without_the_name(client, name, user, clock, security_log):
    fail(client, name, 11)
    [(level, facts)] = security_log("too_many_attempts")
    whose = {"user": user.pk if isinstance(user.pk, int) else str(user.pk)}
    assert (level, facts) == ("WARNING", {"event": "too_many_attempts", "ip": KNOWN_IP, **whose})
    lock(name, 90)
    log_in(client, name, "wrong", AWAY)
    [(level, facts)] = security_log("account_locked")
    assert (level, facts) == ("WARNING", {"event": "account_locked", "ip": AWAY, **whose})


def test_what_is_counted_survives_the_refusal(client, name):
    """Also where the project wraps requests in transactions that refusals roll back."""
    fail(client, name, 3)
    assert failures() == 3
    assert not transaction.get_connection().needs_rollback


@pytest.mark.parametrize(
    "cache",
    [
        "django.core.cache.backends.dummy.DummyCache",
        "tests.passwords.attempts.caches.Broken",
    ],
)
def test_the_cache_is_not_used(client, name, clock, settings, cache):
    settings.CACHES = {"default": {"BACKEND": cache}}
    assert fail(client, name, 11) == [401] * 10 + [429]


def test_an_attempt_that_lost_the_race_is_not_counted(name, clock, monkeypatch):
    """All others count between our looking and our counting."""
    lock(name, 99)
    begin = PasswordAttempts.begin

    def begin_after_another(self, now):
        monkeypatch.setattr(PasswordAttempts, "begin", begin)
        count_log_in(name, Peer(AWAY, ""))
        return begin(self, now)

    monkeypatch.setattr(PasswordAttempts, "begin", begin_after_another)
    with pytest.raises(AccountLocked):
        count_log_in(name, Peer(KNOWN_IP, ""))
    assert failures() == 100


def test_a_client_whose_attempts_a_race_used_up_is_rate_limited(name, clock, monkeypatch):
    begin = PasswordAttempts.begin

    def begin_after_ten(self, now):
        monkeypatch.setattr(PasswordAttempts, "begin", begin)
        for _ in range(10):
            count_log_in(name, Peer(KNOWN_IP, ""))
        return begin(self, now)

    monkeypatch.setattr(PasswordAttempts, "begin", begin_after_ten)
    with pytest.raises(AttemptsExceeded) as refusal:
        count_log_in(name, Peer(KNOWN_IP, ""))
    assert refusal.value.wait == WINDOW
    assert failures() == 10
