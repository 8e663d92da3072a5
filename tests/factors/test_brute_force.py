"""How many codes can be guessed: counted where they are compared with a secret."""

from contextlib import contextmanager
from functools import partial

import pytest
from authkit.errors import CodeInvalid
from authkit.factors import attempts
from authkit.factors.models import CODE_LIMITS
from authkit.models import CodeAttempts, Session, TOTPDevice
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client as Browser
from django_otp import match_token, verify_token

from tests.conftest import PASSWORD, clients_from_all_over
from tests.factors.answers import (
    assert_code_refused,
    assert_locked,
    assert_too_many,
    assert_unavailable,
)
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    disable,
    log_in_with,
    new_recovery_codes,
    post,
    reauthenticate,
    set_up,
    state,
)
from tests.factors.phone import Phone
from tests.sessions.crowd import Crowd, come_in_full

pytestmark = pytest.mark.django_db

WINDOW = 15 * 60


def guess_by_challenge(client, owner, access, code):
    return complete(client, challenge(client, owner.user), code)


def guess_in_the_first_request(client, owner, access, code):
    return log_in_with(client, owner.user, code)


def guess_by_reauthenticating(client, owner, access, code):
    return reauthenticate(client, access, code=code)


def guess_by_disabling(client, owner, access, code):
    return disable(client, access, code)


def guess_for_recovery_codes(client, owner, access, code):
    return new_recovery_codes(client, access, code)


ENDPOINTS = [
    guess_by_challenge,
    guess_in_the_first_request,
    guess_by_reauthenticating,
    guess_by_disabling,
    guess_for_recovery_codes,
]


def name_of(endpoint):
    return endpoint.__name__


def guess(client, owner, number, access=None):
    """Guess once, on one endpoint after the other."""
    endpoint = ENDPOINTS[number % len(ENDPOINTS)] if access else ENDPOINTS[number % 2]
    return endpoint(client, owner, access, owner.phone.wrong_code(number * 7))


def counters():
    return CodeAttempts.objects.values_list("failures", "window_failures").first() or (0, 0)


def test_the_rate_limit_is_ten_in_fifteen_minutes_and_the_lockout_a_hundred_in_a_row():
    assert (CODE_LIMITS.window.total_seconds(), CODE_LIMITS.per_window) == (WINDOW, 10)
    assert CODE_LIMITS.in_a_row == 100


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_brute_force_ends_after_ten_wrong_codes(client, owner, endpoint, comparisons):
    for number in range(10):
        code = owner.phone.wrong_code(number)
        assert_code_refused(endpoint(client, owner, owner.access, code))
    for number in range(10):
        assert_too_many(endpoint(client, owner, owner.access, owner.phone.wrong_code(number)))
    assert comparisons.count == 10
    assert counters() == (10, 10)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_the_right_code_is_refused_then_at_every_endpoint(client, owner, endpoint, comparisons):
    for number in range(10):
        guess(client, owner, number)
    assert_too_many(endpoint(client, owner, owner.access, owner.phone.fresh_code()))
    assert_too_many(endpoint(client, owner, owner.access, owner.recovery_codes[0]))
    assert comparisons.count == 10
    assert state(client, owner.access).json()["recovery_codes_left"] == 10


def test_all_endpoints_and_challenges_count_together(client, owner, comparisons):
    for number in range(10):
        assert_code_refused(guess(client, owner, number, owner.access))
    assert_too_many(guess(client, owner, 10, owner.access))
    assert comparisons.count == 10


def test_wrong_recovery_codes_and_wrong_forms_count_with_them(client, owner, comparisons):
    for wrong in (
        "x",
        "0000-0000-0000-0000",
        "+12345",
        "%",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "12345",
        " ",
        "_",
        "-",
        "o",
    ):
        assert_code_refused(reauthenticate(client, owner.access, code=wrong))
    assert_too_many(reauthenticate(client, owner.access, code=owner.phone.fresh_code()))
    assert comparisons.count == 0
    assert counters() == (10, 10)


@pytest.mark.parametrize("seconds", [1, 600, 899])
def test_retry_after_is_the_rest_of_the_window(client, owner, clock, seconds):
    for number in range(10):
        guess(client, owner, number)
    clock.shift(seconds)
    answer = guess(client, owner, 11)
    assert_too_many(answer)
    wait = int(answer["Retry-After"])
    assert WINDOW - seconds <= wait <= WINDOW - seconds + 1
    clock.shift(wait)
    assert log_in_with(client, owner.user, owner.phone.code()).status_code == 200


def test_the_next_window_brings_ten_more(client, owner, clock, comparisons):
    for window in range(1, 4):
        for number in range(12):
            guess(client, owner, number)
        assert comparisons.count == 10 * window
        assert counters() == (10 * window, 10)
        clock.shift(WINDOW)


def test_a_window_ends_fifteen_minutes_after_its_last_guess(client, owner, clock, comparisons):
    guess(client, owner, 0)
    clock.shift(WINDOW - 1)
    for number in range(20):
        guess(client, owner, number)
    assert comparisons.count == 10
    clock.shift(WINDOW - 1)
    guess(client, owner, 0)
    assert comparisons.count == 10
    clock.shift(1)
    for number in range(20):
        guess(client, owner, number)
    assert comparisons.count == 20


def lock(client, owner, clock):
    for _ in range(10):
        for number in range(11):
            guess(client, owner, number)
        clock.shift(WINDOW)


@pytest.mark.many
def test_a_thousand_guesses_over_hours_stay_under_the_cap(client, owner, clock, comparisons):
    """Window by window, with a new challenge for each guess, and addresses that change."""
    answers = set()
    for window in range(25):
        for number in range(40):
            client.defaults["REMOTE_ADDR"] = f"192.0.2.{(window + number) % 256}"
            answers.add(guess(client, owner, window * 40 + number).status_code)
        clock.shift(WINDOW)
    assert comparisons.count == 100
    assert counters()[0] == 100
    assert answers == {401, 423, 429}


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_lockout_after_a_hundred_in_a_row_holds_for_the_right_code_too(
    client, owner, clock, endpoint, security_log
):
    lock(client, owner, clock)
    pair = unlocked_pair(client, owner)
    clock.shift(86_400 * 365 if endpoint in ENDPOINTS[:2] else 0)
    for code in (owner.phone.fresh_code(), owner.phone.wrong_code(), owner.recovery_codes[0]):
        assert_locked(endpoint(client, owner, pair["access"], code))
    assert {event[1]["event"] for event in security_log("account_locked")} == {"account_locked"}


def unlocked_pair(client, owner):
    """Another session of the owner, as if it had been there all the time."""
    Session.objects.filter(user=owner.user).exclude(pending_until=None).delete()
    failures = CodeAttempts.objects.values("failures", "window_failures", "last_attempt_at").get()
    CodeAttempts.objects.update(**CodeAttempts.FORGIVEN)
    pair = log_in_with(client, owner.user, owner.phone.fresh_code()).json()
    CodeAttempts.objects.update(**failures)
    return pair


def test_a_lockout_ends_no_session(client, owner, clock):
    pair = client.refresh(owner.pair["refresh"]).json()
    lock(client, owner, clock)
    assert client.refresh(pair["refresh"]).status_code == 200


def test_a_locked_account_still_answers_202_to_its_password(client, owner, clock):
    lock(client, owner, clock)
    assert client.log_in(owner.user).status_code == 202
    assert client.log_in(owner.user, "wrong").status_code == 401


# --- the way back ------------------------------------------------------------------------------


def by_command(owner, make_user):
    call_command("authkit_unlock", owner.user.get_username())


def by_admin(owner, make_user):
    browser = Browser()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    pk = TOTPDevice.objects.get(user=owner.user).pk
    answer = browser.post(
        "/admin/authkit/totpdevice/", {"action": "unlock_selected", "_selected_action": [pk]}
    )
    assert answer.status_code == 302


@pytest.mark.parametrize("unlock", [by_command, by_admin], ids=name_of)
def test_a_lockout_can_be_lifted(client, owner, make_user, clock, unlock, capsys, security_log):
    lock(client, owner, clock)
    assert_locked(guess(client, owner, 1))

    unlock(owner, make_user)

    assert counters() == (0, 0)
    assert log_in_with(client, owner.user, owner.phone.fresh_code()).status_code == 200
    assert len(security_log("account_unlocked")) == 1


def test_the_command_says_what_it_did(owner, capsys):
    CodeAttempts.objects.update(failures=100)
    name = owner.user.get_username()
    for said in (f"{name} is unlocked.", f"{name} was not locked, and nothing had failed."):
        call_command("authkit_unlock", name)
        assert capsys.readouterr().out.strip() == said


@pytest.mark.parametrize("name", ["nobody", "%", " ", "\U0001f600", "x" * 1_000], ids=ascii)
def test_the_command_names_a_user_who_is_not_there(owner, name):
    CodeAttempts.objects.update(failures=100)
    with pytest.raises(CommandError, match="no user"):
        call_command("authkit_unlock", name)
    assert CodeAttempts.objects.get().failures == 100


def test_the_command_unlocks_no_other_account(owner, make_user, enrol):
    other = enrol(make_user())
    CodeAttempts.objects.update(failures=100)
    call_command("authkit_unlock", other.user.get_username())
    left = CodeAttempts.objects.in_bulk([owner.user.pk, other.user.pk])
    assert left[owner.user.pk].failures == 100
    assert left[other.user.pk].failures == 0


# --- what does not count, and what forgives ----------------------------------------------------


def test_wrong_passwords_do_not_count_as_codes(client, owner, clock):
    for _ in range(5):
        client.log_in(owner.user, "wrong")
        log_in_with(client, owner.user, "123456", "wrong")
        reauthenticate(client, owner.access, password="wrong", code="123456")
        disable(client, owner.access, "123456", "wrong")
    assert counters() == (0, 0)
    clock.shift(WINDOW)
    assert log_in_with(client, owner.user, owner.phone.fresh_code()).status_code == 200


def test_wrong_codes_do_not_count_as_passwords(client, owner):
    for number in range(30):
        guess(client, owner, number)
    assert client.log_in(owner.user).status_code == 202
    body = {"current_password": PASSWORD, "new_password": "another correct horse"}
    assert post(client, "password/change/", body, owner.access).status_code == 204


def test_the_password_step_forgives_nothing(client, owner):
    for number in range(10):
        guess(client, owner, number)
        assert client.log_in(owner.user).status_code == 202
    assert_too_many(guess(client, owner, 10))


def test_another_account_is_not_affected(client, owner, make_user, enrol):
    other = enrol(make_user())
    for number in range(20):
        guess(client, owner, number)
    assert log_in_with(client, other.user, other.phone.fresh_code()).status_code == 200
    assert_too_many(guess(client, owner, 21))


@pytest.mark.parametrize("kind", ["totp", "recovery_code"])
def test_a_right_code_forgives(client, owner, kind):
    for _ in range(3):
        for number in range(9):
            assert_code_refused(guess(client, owner, number))
        code = owner.phone.fresh_code() if kind == "totp" else owner.recovery_codes.pop()
        assert log_in_with(client, owner.user, code).status_code == 200
        assert counters() == (0, 0)


def test_a_code_that_was_used_before_forgives_nothing(client, owner):
    used = owner.phone.fresh_code()
    assert log_in_with(client, owner.user, used).status_code == 200
    for _ in range(10):
        assert_code_refused(log_in_with(client, owner.user, used))
    assert_too_many(log_in_with(client, owner.user, used))


def test_an_abandoned_set_up_forgives_nothing(client, owner, clock):
    set_up(client, owner.access, owner.recovery_codes[-1])
    for number in range(10):
        guess(client, owner, number)
    assert_too_many(set_up(client, owner.access, owner.recovery_codes[-2]))
    assert_too_many(guess(client, owner, 11))
    confirm(client, owner.access, "000000")
    assert_too_many(guess(client, owner, 12))


def test_the_first_codes_of_a_set_up_are_counted_too(client, user, clock, comparisons):
    access = client.pair(user)["access"]
    phone = Phone(set_up(client, access).json()["secret"], clock)
    for number in range(10):
        assert_code_refused(confirm(client, access, phone.wrong_code(number)))
    assert_too_many(confirm(client, access, phone.code()))
    assert comparisons.count == 10


@pytest.mark.django_db(transaction=True)
def test_a_code_of_an_account_that_has_just_been_deleted_is_refused(owner):
    pk, device = owner.user.pk, owner.device
    owner.user.delete()
    with pytest.raises(CodeInvalid):
        attempts.count_code(pk)
    assert not device.verify_token(owner.phone.code())
    assert not CodeAttempts.objects.exists()


@contextmanager
def without_its_key():
    """No key of the ring opens the secret of any app."""
    sealed = TOTPDevice.objects.values_list("sealed_secret", flat=True).get()
    TOTPDevice.objects.update(sealed_secret="gone.AAAA")
    yield
    TOTPDevice.objects.update(sealed_secret=sealed)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
def test_what_no_key_can_open_counts_for_nothing(client, owner, endpoint, comparisons):
    for _ in range(9):
        assert_code_refused(guess(client, owner, 1))
    with without_its_key():
        for _ in range(11):
            assert_unavailable(endpoint(client, owner, owner.access, owner.phone.code()))
    assert (comparisons.count, counters()) == (9, (9, 9))
    assert_code_refused(guess(client, owner, 2))
    assert_too_many(guess(client, owner, 3))


def test_the_first_code_of_a_set_up_that_no_key_can_open_counts_for_nothing(client, user, clock):
    access = client.pair(user)["access"]
    phone = Phone(set_up(client, access).json()["secret"], clock)
    with without_its_key():
        for _ in range(11):
            assert_unavailable(confirm(client, access, phone.code()))
    assert counters() == (0, 0)
    assert confirm(client, access, phone.code()).status_code == 200


def test_a_challenge_is_not_used_up_by_what_no_key_can_open(client, owner):
    waiting, code = challenge(client, owner.user), owner.phone.fresh_code()
    for _ in range(4):
        assert_code_refused(complete(client, waiting, owner.phone.wrong_code()))
    with without_its_key():
        for _ in range(6):
            assert_unavailable(complete(client, waiting, code))
    tries = Session.objects.exclude(pending_until=None).values_list("pending_tries", flat=True)
    assert list(tries) == [4]
    assert complete(client, waiting, code).status_code == 200


def test_recovery_codes_need_no_key_and_are_counted_without_it(client, owner):
    with without_its_key():
        for _ in range(10):
            assert_code_refused(reauthenticate(client, owner.access, code="0000-0000-0000-0000"))
        assert_too_many(reauthenticate(client, owner.access, code=owner.recovery_codes[0]))


def test_django_otp_counts_nothing_that_no_key_can_open(owner):
    with without_its_key():
        for _ in range(11):
            assert match_token(owner.user, owner.phone.code()) is None
    assert counters() == (0, 0)
    assert match_token(owner.user, owner.phone.fresh_code())


def test_what_is_counted_survives_the_refusal(client, owner):
    """Also where the project wraps requests in transactions that refusals roll back."""
    assert_code_refused(complete(client, challenge(client, owner.user), owner.phone.wrong_code()))
    assert counters() == (1, 1)
    assert not transaction.get_connection().needs_rollback


# --- django-otp's own functions ----------------------------------------------------------------


def test_guesses_through_django_otp_count_with_the_others(client, owner, comparisons):
    for number in range(20):
        code = owner.phone.wrong_code(number)
        assert match_token(owner.user, code) is None
        assert verify_token(owner.user, owner.device.persistent_id, code) is None
    assert comparisons.count == 10
    assert_too_many(guess(client, owner, 1))
    assert match_token(owner.user, owner.phone.fresh_code()) is None
    allowed, why = owner.device.verify_is_allowed()
    assert not allowed
    assert why["failure_count"] == 10


def test_django_otp_is_told_that_an_account_is_locked(owner):
    CodeAttempts.objects.update(failures=100)
    assert owner.device.verify_is_allowed() == (False, {"error_message": "This account is locked."})
    assert verify_token(owner.user, owner.device.persistent_id, owner.phone.fresh_code()) is None
    assert match_token(owner.user, owner.phone.code()) is None


def test_django_otp_may_verify_what_is_not_limited(owner):
    assert owner.device.verify_is_allowed() == (True, None)


# --- all at once -------------------------------------------------------------------------------


@pytest.mark.many
@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_race_of_sixty_four_gets_ten_guesses(client, owner, clock, comparisons):
    """The number that is looked at does not grow with that of the guesses: eleven thousand
    on PostgreSQL, and fewer where only the statements are others."""
    with Crowd(64) as crowd:
        clients = clients_from_all_over(64)
        for window in range(1, 12):
            started = comparisons.count
            calls = [
                partial(guess_many, http, owner, number) for number, http in enumerate(clients)
            ]
            statuses = {status for result in crowd.at_once(calls) for status in result}
            assert statuses <= {401, 423, 429}
            assert comparisons.count - started <= 10
            assert comparisons.count == min(10 * window, 100)
            clock.shift(WINDOW)
    assert counters()[0] == 100
    assert_locked(log_in_with(client, owner.user, owner.phone.fresh_code()))


def guess_many(client, owner, number):
    """Guess on the two roads that need the password alone, with a new challenge now and then."""
    statuses = []
    turns, guesses = (2, 4) if come_in_full() else (1, 1)
    for turn in range(turns):
        waiting = challenge(client, owner.user)
        for again in range(guesses):
            code = owner.phone.wrong_code(number * 11 + turn * 4 + again)
            statuses.append(complete(client, waiting, code).status_code)
            statuses.append(log_in_with(client, owner.user, code).status_code)
    return statuses


def test_no_endpoint_compares_a_code_before_it_is_counted(client, owner, monkeypatch):
    """Every comparison of the package is preceded by a count."""
    order = []
    monkeypatch.setattr(attempts, "_count", _telling(order, "count", attempts._count))
    spend = TOTPDevice.spend
    monkeypatch.setattr(TOTPDevice, "spend", _telling(order, "compare", spend))
    for endpoint in ENDPOINTS:
        endpoint(client, owner, owner.access, owner.phone.wrong_code())
    set_up(client, owner.access, owner.phone.wrong_code())
    set_up(client, owner.access, owner.phone.fresh_code())
    confirm(client, owner.access, "000000")
    assert order == ["count", "compare"] * 8


def _telling(order, word, function):
    def tell(*args, **kwargs):
        order.append(word)
        return function(*args, **kwargs)

    return tell
