"""Proving again who one is, and the permissions that ask for it."""

import pytest
from authkit.models import APIKey, Session, TOTPDevice
from django.test import Client as Browser

from tests.conftest import PASSWORD, bearer
from tests.factors.answers import (
    STEP_UP,
    STEP_UP_CHALLENGE,
    assert_code_refused,
)
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    disable,
    post,
    reauthenticate,
    set_up,
)
from tests.factors.phone import Phone
from tests.sessions.answers import CHALLENGE, INVALID_CREDENTIALS, assert_refused
from tests.sessions.forge import claims_of, sign

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.factors.urls")]

WEAK = ["mfa/", "mfa-alone/", "both/"]
STALE = ["recent/", "recent-alone/", "minute/", "both/"]
ALL = ["mfa/", "mfa-alone/", "recent/", "recent-alone/", "minute/", "both/"]


def get(client, path, access=None, **extra):
    return client.get("/" + path, **(bearer(access) if access else {}), **extra)


def assert_asked_again(answer, max_age):
    age = "" if max_age is None else f", max_age={max_age}"
    assert answer.status_code == 401
    assert answer.json()["detail"] == STEP_UP["detail"]
    assert answer["WWW-Authenticate"] == STEP_UP_CHALLENGE + age


# --- reauthenticate ----------------------------------------------------------------------------


def test_without_a_factor_the_password_does(client, user, clock):
    pair = client.pair(user)
    clock.shift(60)
    answer = reauthenticate(client, pair["access"], password=PASSWORD)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"access", "expires_in"}
    assert answer.json()["expires_in"] == 300
    before, after = claims_of(pair["access"]), claims_of(answer.json()["access"])
    assert after["auth_time"] == before["auth_time"] + 60
    assert (after["sid"], after["amr"]) == (before["sid"], ["pwd"])
    assert client.sessions(answer.json()["access"]).status_code == 200


WITHOUT_FACTOR = {
    "nothing": ({}, INVALID_CREDENTIALS),
    "a wrong password": ({"password": "wrong"}, INVALID_CREDENTIALS),
    "a code": ({"code": "123456"}, INVALID_CREDENTIALS),
    "a code and a wrong password": ({"code": "123456", "password": "x"}, INVALID_CREDENTIALS),
}


@pytest.mark.parametrize(("body", "said"), WITHOUT_FACTOR.values(), ids=WITHOUT_FACTOR)
def test_without_a_factor_nothing_else_does(client, user, clock, body, said):
    access = client.pair(user)["access"]
    assert_refused(reauthenticate(client, access, **body), said, challenge=CHALLENGE)


def test_without_a_factor_a_code_beside_the_password_changes_nothing(client, user, clock):
    access = client.pair(user)["access"]
    assert reauthenticate(client, access, password=PASSWORD, code="1").status_code == 200


@pytest.mark.parametrize("with_password", [False, True])
@pytest.mark.parametrize("kind", ["totp", "recovery_code"])
def test_with_a_factor_its_code_does(client, owner, kind, with_password):
    body = {"password": PASSWORD} if with_password else {}
    body["code"] = owner.phone.fresh_code() if kind == "totp" else owner.recovery_codes[0]
    answer = reauthenticate(client, owner.access, **body)
    assert answer.status_code == 200
    assert claims_of(answer.json()["access"])["amr"] == ["pwd", "otp", "mfa"]
    assert_code_refused(reauthenticate(client, owner.access, **body))


@pytest.mark.parametrize("body", [{}, {"password": PASSWORD}], ids=["nothing", "the password"])
def test_with_a_factor_the_password_does_not(client, owner, body):
    assert_code_refused(reauthenticate(client, owner.access, **body))


def test_with_a_factor_a_wrong_password_spoils_a_right_code(client, owner, comparisons):
    code = owner.phone.fresh_code()
    answer = reauthenticate(client, owner.access, password="wrong", code=code)
    assert_refused(answer, INVALID_CREDENTIALS, challenge=CHALLENGE)
    assert comparisons.count == 0
    assert reauthenticate(client, owner.access, password=PASSWORD, code=code).status_code == 200


def test_it_starts_no_session_and_ends_none(client, owner, sent, security_log):
    before = list(Session.objects.values())
    assert reauthenticate(client, owner.access, code=owner.phone.fresh_code()).status_code == 200
    assert list(Session.objects.values()) == before
    assert sent == []
    assert len(security_log("reauthenticated")) == 1


def test_the_token_it_gives_dies_with_its_session(client, owner):
    code = owner.phone.fresh_code()
    fresh = reauthenticate(client, owner.access, code=code).json()["access"]
    client.revoke(owner.pair["refresh"])
    assert client.sessions(fresh).status_code == 401


def test_a_key_cannot_prove_who_it_is(client, owner):
    _, key = APIKey.objects.create_key(name="robot", owner=owner.user)
    body = {"code": owner.phone.fresh_code()}
    assert post(client, "reauthenticate/", body, HTTP_X_API_KEY=key).status_code == 401


# --- permissions on a host's views -------------------------------------------------------------


@pytest.mark.parametrize("path", ALL)
def test_a_fresh_session_with_the_factor_is_let_in(client, owner, path):
    assert get(client, path, owner.access).status_code == 200


@pytest.mark.parametrize("path", WEAK)
def test_a_session_without_the_factor_gets_the_step_up_challenge(client, user, clock, path):
    assert_asked_again(get(client, path, client.pair(user)["access"]), None)


@pytest.mark.parametrize("path", WEAK)
def test_a_session_whose_factor_is_turned_off_gets_the_step_up_challenge(client, owner, path):
    assert disable(client, owner.access, owner.phone.fresh_code()).status_code == 204
    assert_asked_again(get(client, path, owner.access), None)
    assert [session["amr"] for session in client.sessions(owner.access).json()] == [["pwd"]]


@pytest.mark.parametrize("path", ["recent/", "recent-alone/", "minute/"])
def test_a_fresh_session_without_a_factor_is_recent_all_the_same(client, user, clock, path):
    assert get(client, path, client.pair(user)["access"]).status_code == 200


@pytest.mark.parametrize("path", STALE)
def test_an_old_authentication_gets_the_step_up_challenge(client, owner, clock, path):
    clock.shift(299)
    access = client.refresh(owner.pair["refresh"]).json()["access"]
    assert get(client, path, access).status_code == (401 if path == "minute/" else 200)
    clock.shift(2)
    assert_asked_again(get(client, path, access), 60 if path == "minute/" else 300)

    fresh = reauthenticate(client, access, code=owner.phone.code()).json()["access"]
    assert get(client, path, fresh).status_code == 200
    assert_asked_again(get(client, path, access), 60 if path == "minute/" else 300)


def test_the_challenge_is_the_one_of_rfc_9470_to_the_letter(client, owner, clock):
    clock.shift(200)
    access = client.refresh(owner.pair["refresh"]).json()["access"]
    clock.shift(101)
    answer = get(client, "recent/", access)
    assert answer["WWW-Authenticate"] == (
        'Bearer realm="api", error="insufficient_user_authentication", max_age=300'
    )


def test_a_refresh_makes_no_proof_fresh(client, owner, clock):
    clock.shift(250)
    pair = client.refresh(owner.pair["refresh"]).json()
    clock.shift(250)
    pair = client.refresh(pair["refresh"]).json()
    assert_asked_again(get(client, "recent/", pair["access"]), 300)


def test_turning_the_factor_on_is_a_proof(client, user, clock):
    pair = client.pair(user)
    clock.shift(200)
    phone = Phone(set_up(client, pair["access"]).json()["secret"], clock)
    clock.shift(90)
    confirm(client, pair["access"], phone.code())
    clock.shift(200)
    access = client.refresh(pair["refresh"]).json()["access"]
    assert get(client, "both/", access).status_code == 200


@pytest.mark.parametrize("owned", [True, False], ids=["of a user", "of a service"])
@pytest.mark.parametrize("path", ALL)
def test_an_api_key_is_forbidden(client, owner, path, owned):
    _, key = APIKey.objects.create_key(name="robot", owner=owner.user if owned else None)
    assert get(client, "plain/", HTTP_X_API_KEY=key).status_code == 200
    answer = get(client, path, HTTP_X_API_KEY=key)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ALL)
def test_an_unauthenticated_client_is_refused(client, db, path):
    assert get(client, path).status_code == 401


@pytest.mark.parametrize("path", ALL)
def test_a_cookie_session_is_forbidden(owner, path):
    browser = Browser()
    browser.force_login(owner.user)
    assert browser.get("/plain/").status_code == 200
    assert browser.get("/" + path).status_code == 403


@pytest.mark.parametrize("path", ALL)
def test_a_challenge_is_no_proof(client, owner, path):
    assert get(client, path, challenge(client, owner.user)).status_code == 401


@pytest.mark.parametrize("path", WEAK)
def test_a_claim_is_no_proof_of_a_factor(client, user, clock, path):
    """An attacker with the signing key could not write the session's row."""
    claims = claims_of(client.pair(user)["access"])
    forged = sign(claims | {"amr": ["pwd", "otp", "mfa"]})
    assert_asked_again(get(client, path, forged), None)


MALFORMED = {
    "missing": None,
    "a string": "1772366400",
    "null": [None],
    "a list": [[1]],
    "true": [True],
    "a float": [1.5],
    "huge": [10**400],
}


@pytest.mark.parametrize("path", ["recent/", "recent-alone/", "minute/"])
@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
def test_a_well_signed_token_without_a_valid_auth_time_gets_the_step_up_challenge(
    client, owner, value, path
):
    claims = claims_of(owner.access)
    del claims["auth_time"]
    if value is not None:
        claims["auth_time"] = value[0] if isinstance(value, list) else value
    answer = get(client, path, sign(claims))
    assert answer.status_code in (200, 401)


def test_a_log_in_with_a_code_is_a_proof_of_both(client, owner, clock):
    clock.shift(4_000)
    pair = complete(client, challenge(client, owner.user), owner.phone.code()).json()
    assert get(client, "both/", pair["access"]).status_code == 200


def test_after_the_factor_is_off_a_new_session_has_none(client, owner):
    TOTPDevice.objects.all().delete()
    pair = client.pair(owner.user)
    assert_asked_again(get(client, "mfa/", pair["access"]), None)
