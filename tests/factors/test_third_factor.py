"""A factor is a plug-in: the toy is a folder, a line in the registry and a route, and no more."""

import json

import pytest
from authkit.core import factors
from authkit.factors.flows import remove_second_factor
from authkit.login.serializers import SecondFactorChallengeSerializer
from authkit.models import CodeAttempts, Session
from authkit.passwords.validators import MinimumLengthValidator
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client as Browser
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, bearer
from tests.factors.answers import assert_code_refused, assert_locked, assert_too_many
from tests.factors.calls import (
    challenge,
    complete,
    disable,
    log_in_with,
    new_recovery_codes,
    post,
    reauthenticate,
)
from tests.factors.test_factor_bypass import MIDDLEWARE
from tests.factors.toy.factor import toy
from tests.sessions.forge import claims_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.factors.toy.urls")]


@pytest.fixture(autouse=True)
def registered(clock):
    factors.register(toy)
    cache.clear()
    yield
    factors.unregister(toy)
    cache.clear()


@pytest.fixture
def access(client, user):
    """A session of a user who has turned the toy on through its own route."""
    access = client.pair(user)["access"]
    assert post(client, "2fa/toy/", access=access).status_code == 200
    return access


def wrong(client, owner, number):
    """A wrong code of each factor in turn."""
    codes = [owner.phone.wrong_code(number), "toy-wrong", "0000-0000-0000-0000", "no form at all"]
    return log_in_with(client, owner.user, codes[number % len(codes)])


def test_who_has_it_logs_in_with_it(client, user, access):
    answer = client.log_in(user)
    assert answer.status_code == 202
    assert answer.json()["methods"] == ["recovery_code", "toy"]
    code = toy.sent(user)

    pair = complete(client, answer.json()["challenge"], code)

    assert pair.status_code == 200
    assert claims_of(pair.json()["access"])["amr"] == ["pwd", "sms", "mfa"]
    assert_code_refused(complete(client, challenge(client, user), code))


def test_its_code_completes_a_log_in_at_once_and_proves_again(client, user, access):
    assert log_in_with(client, user, toy.present_code(user)).status_code == 200
    assert reauthenticate(client, access, code=toy.present_code(user)).status_code == 200
    assert_code_refused(reauthenticate(client, access, code="toy-0"))


def test_it_stands_beside_the_app(client, owner):
    toy.turn_on(owner.user)
    answer = client.log_in(owner.user)
    assert answer.json()["methods"] == ["totp", "recovery_code", "toy"]
    assert log_in_with(client, owner.user, owner.phone.fresh_code()).status_code == 200
    assert log_in_with(client, owner.user, toy.present_code(owner.user)).status_code == 200
    assert log_in_with(client, owner.user, owner.recovery_codes[0]).status_code == 200


def test_who_has_it_not_gets_no_further_with_it(client, owner, user, make_user):
    assert_code_refused(log_in_with(client, owner.user, "toy-1"))
    assert client.pair(make_user())


def test_of_two_factors_with_one_form_of_code_the_users_own_verifies(
    client, user, access, monkeypatch
):
    monkeypatch.setattr(type(toy), "recognises", lambda factor, code: True)
    monkeypatch.setattr(type(toy), "verifier", lambda factor, user: "123456".__eq__)
    assert log_in_with(client, user, "123456").status_code == 200


def test_codes_of_all_factors_have_one_budget(client, owner):
    toy.turn_on(owner.user)
    for number in range(10):
        assert_code_refused(wrong(client, owner, number))
    assert_too_many(log_in_with(client, owner.user, toy.present_code(owner.user)))
    assert_too_many(log_in_with(client, owner.user, owner.phone.fresh_code()))
    assert CodeAttempts.objects.get().failures == 10
    call_command("authkit_unlock", owner.user.get_username())
    assert log_in_with(client, owner.user, toy.present_code(owner.user)).status_code == 200


def test_its_right_code_forgives_the_wrong_ones_of_the_app(client, owner):
    toy.turn_on(owner.user)
    for number in range(9):
        wrong(client, owner, number)
    assert log_in_with(client, owner.user, toy.present_code(owner.user)).status_code == 200
    assert CodeAttempts.objects.get().failures == 0
    CodeAttempts.objects.update(failures=100)
    assert_locked(log_in_with(client, owner.user, toy.present_code(owner.user)))


def test_a_user_who_has_it_alone_has_the_same_budget(client, user, access):
    for number in range(10):
        assert_code_refused(log_in_with(client, user, f"toy-wrong-{number}"))
    assert_too_many(log_in_with(client, user, toy.present_code(user)))


def test_it_is_enough_for_new_recovery_codes(client, user, access):
    answer = new_recovery_codes(client, access, toy.present_code(user))
    code = answer.json()["recovery_codes"][0]
    assert log_in_with(client, user, code).status_code == 200
    assert_code_refused(log_in_with(client, user, code))


def test_turning_the_second_factor_off_removes_it(client, user, access):
    assert disable(client, access, toy.present_code(user)).status_code == 204
    assert not toy.is_on(user)
    assert client.log_in(user).status_code == 200


def test_turning_it_off_takes_its_proofs_from_the_session(client, user, access):
    pair = log_in_with(client, user, toy.present_code(user)).json()
    assert disable(client, pair["access"], toy.present_code(user)).status_code == 204
    assert [session.amr for session in Session.objects.of(user).live()] == [["pwd"]]


def test_an_administrator_removes_it(client, owner):
    toy.turn_on(owner.user)
    remove_second_factor(owner.user, actor=1, note="Lost everything.")
    assert not factors.has_second_factor(owner.user)
    assert not CodeAttempts.objects.exists()
    assert client.log_in(owner.user).status_code == 200


def test_with_the_account_it_goes(client, user, access):
    body = {"password": PASSWORD, "code": toy.present_code(user)}
    refused = client.delete(AUTH + "me/", {"password": PASSWORD, "code": "toy-x"}, **bearer(access))
    assert_code_refused(refused)
    assert client.delete(AUTH + "me/", body, **bearer(access)).status_code == 204
    assert not toy.is_on(user)


def test_beside_it_a_shorter_password_will_do(user):
    with pytest.raises(ValidationError):
        MinimumLengthValidator().validate("x" * 8, user)
    toy.turn_on(user)
    MinimumLengthValidator().validate("x" * 8, user)


def test_it_satisfies_the_policy_that_requires_a_factor(client, user):
    with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"}):
        owing = client.pair(user)["access"]
        assert client.get(AUTH + "sessions/", **bearer(owing)).status_code == 403
        toy.turn_on(user)
        access = log_in_with(client, user, toy.present_code(user)).json()["access"]
        assert client.get(AUTH + "sessions/", **bearer(access)).status_code == 200


def test_the_admin_site_asks_for_it_and_lets_in_with_it(make_user):
    boss = make_user("boss", is_staff=True, is_superuser=True)
    toy.turn_on(boss)
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        browser = Browser()
        browser.force_login(boss)  # as any other log-in page of the project
        assert browser.get("/admin/").status_code == 302
        assert admin_log_in(browser, boss, "").status_code == 200
        assert admin_log_in(browser, boss, toy.present_code(boss)).status_code == 302
        assert browser.get("/admin/").status_code == 200
        # Passed is what is on: another factor in its place is asked for.
        toy.remove(boss)
        with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"}):
            assert browser.get("/admin/").status_code == 302


def admin_log_in(browser, user, code):
    body = {"username": user.get_username(), "password": PASSWORD, "otp": code}
    return browser.post("/admin/login/?next=/admin/", body)


def test_the_account_admin_counts_it(user, owner, make_user):
    toy.turn_on(user)
    assert factors.holders([user, owner.user, make_user()]) == {user.pk, owner.user.pk}


def test_the_schema_names_it(tmp_path):
    methods = SecondFactorChallengeSerializer().fields["methods"].child
    assert list(methods.choices) == ["totp", "recovery_code", "toy"]
    target = tmp_path / "schema.json"
    call_command("spectacular", file=str(target), format="openapi-json")
    schemas = json.loads(target.read_text())["components"]["schemas"]
    assert schemas["AuthkitMethod"]["enum"] == ["totp", "recovery_code", "toy"]
