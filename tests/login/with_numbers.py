"""Run by tests/login/test_number_users.py, in a process whose users log in with a number."""

import io
import re

import pytest
from authkit.accounts.admin import account_states
from authkit.core.http.client import Client as Peer
from authkit.factors.totp.importing import Imported, import_device
from authkit.models import PasswordAttempts
from authkit.passwords.checking.attempts import count_log_in
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from tests.conftest import AUTH, PASSWORD, bearer
from tests.factors.totp.test_import import stock
from tests.sessions.answers import assert_session_lives

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "another correct horse"
SPELLINGS = ["4711", "04711", " 4711", "4_711", "+4711", "\u0664\u0667\u0661\u0661", "4711 "]


@pytest.fixture
def user(db, mailers):
    return get_user_model().objects.create_user(4711, PASSWORD, email="ann@example.com")


@pytest.fixture
def access(client, user):
    return log_in(client, "4711").json()["access"]


def log_in(client, number, password=PASSWORD, **extra):
    return client.post(AUTH + "token/", {"number": number, "password": password}, **extra)


def lock(times=100):
    for number in range(times):
        count_log_in(SPELLINGS[number % len(SPELLINGS)], Peer(f"10.0.0.{number}", ""))


@pytest.mark.parametrize("spelling", SPELLINGS[:2])
def test_they_log_in(client, user, spelling):
    answer = log_in(client, spelling)
    assert answer.status_code == 200
    assert_session_lives(client, answer.json())


def test_what_is_no_number_is_refused(client, user):
    answer = log_in(client, "ann")
    assert (answer.status_code, answer.json()) == (400, {"number": ["Not a valid value."]})
    assert log_in(client, "9" * 100).status_code == 401


def test_all_spellings_share_one_counter(client, user):
    statuses = [
        log_in(client, SPELLINGS[number % 2] if number < 8 else f"{'0' * number}4711", "x")
        for number in range(12)
    ]
    assert [answer.status_code for answer in statuses] == [401] * 10 + [429] * 2
    assert PasswordAttempts.objects.count() == 1
    lock(90)
    assert log_in(client, "004711", REMOTE_ADDR="203.0.113.9").status_code == 423


def test_other_numbers_are_not_affected(client, user):
    lock()
    get_user_model().objects.create_user(47110, PASSWORD)
    assert log_in(client, "47110").status_code == 200


def test_they_prove_who_they_are(client, access):
    body = {"password": PASSWORD}
    assert client.post(AUTH + "reauthenticate/", body, **bearer(access)).status_code == 200
    body = {"password": "wrong"}
    assert client.post(AUTH + "reauthenticate/", body, **bearer(access)).status_code == 401


def test_they_change_their_password(client, user, access, mailoutbox):
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert client.post(AUTH + "password/change/", body, **bearer(access)).status_code == 204
    assert log_in(client, "4711", NEW).status_code == 200
    assert "4711" in mailoutbox[-1].body


def test_they_reset_it_which_opens_a_locked_account(client, user, mailoutbox):
    lock()
    answer = client.post(AUTH + "password/reset/", {"email": "ann@example.com"})
    assert answer.status_code == 202
    assert "4711" in mailoutbox[-1].body
    [(uid, token)] = re.findall(r"#uid=([\w-]+)&token=([\w-]+)", mailoutbox[-1].body)
    body = {"uid": uid, "token": token, "new_password": NEW}
    assert client.post(AUTH + "password/reset/confirm/", body).status_code == 204
    assert log_in(client, "04711", NEW).status_code == 200


def test_they_set_up_a_second_factor(client, access):
    answer = client.post(AUTH + "2fa/totp/setup/", {}, **bearer(access))
    assert answer.status_code == 201
    assert answer.json()["otpauth_url"].startswith("otpauth://totp/4711?")


def test_their_device_is_taken_over(user):
    assert import_device(stock(user)) == Imported("4711", "")


def test_they_change_their_address(client, access, mailoutbox):
    body = {"email": "new@example.com", "password": PASSWORD}
    assert client.post(AUTH + "email/change/", body, **bearer(access)).status_code == 202
    assert all("4711" in mail.body for mail in mailoutbox)
    assert len(mailoutbox) == 2


def test_they_delete_their_account(client, access):
    answer = client.delete(AUTH + "me/", {"password": PASSWORD}, **bearer(access))
    assert answer.status_code == 204
    assert not get_user_model().objects.exists()


def test_an_administrator_sees_that_they_are_locked(user):
    lock()
    [state] = account_states([user])
    assert state.locked == "passwords"


@pytest.mark.parametrize("spelling", ["4711", "04711"])
def test_the_command_unlocks_them(client, user, spelling):
    lock()
    told = io.StringIO()
    call_command("authkit_unlock", spelling, stdout=told)
    assert told.getvalue() == "4711 is unlocked.\n"
    assert log_in(client, "4711").status_code == 200


def test_the_command_says_that_there_is_no_such_user(user):
    with pytest.raises(CommandError, match='There is no user "ann"'):
        call_command("authkit_unlock", "ann")
    with pytest.raises(CommandError, match='There is no user "4712"'):
        call_command("authkit_unlock", "4712")
