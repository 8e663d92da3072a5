"""AUTHKIT["SECOND_FACTOR_REQUIRED"]: who owes a factor can set one up, and nothing else."""

import pytest
from authkit.login.flows import SecondFactorRequired, complete_login
from authkit.models import APIKey, Session, TOTPDevice
from django.test import RequestFactory, override_settings

from tests.conftest import AUTH, PASSWORD, bearer
from tests.factors.answers import assert_enrolment_required, assert_step_up_required
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    disable,
    post,
    reauthenticate,
    set_up,
    state,
)
from tests.factors.phone import Phone
from tests.sessions.forge import claims_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.factors.urls")]


def is_in_the_ninth_team(user):
    return user.get_username().startswith("owing")


def require(value):
    return override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": value})


@pytest.fixture(autouse=True)
def required():
    with require("all"):
        yield


@pytest.fixture
def owing(client, user, clock):
    """The tokens of a user who owes a factor."""
    pair = client.pair(user)
    assert Session.objects.get().enrolment_only
    return pair


# --- what the session may ----------------------------------------------------------------------

CLOSED = [
    ("get", "/plain/"),
    ("post", "/plain/"),
    ("get", "/open/"),
    ("get", "/mfa/"),
    ("get", "/recent/"),
    ("get", AUTH + "sessions/"),
    ("delete", AUTH + "sessions/"),
    ("delete", AUTH + "sessions/00000000-0000-0000-0000-000000000000/"),
    ("post", AUTH + "password/change/"),
    ("post", AUTH + "2fa/totp/disable/"),
    ("post", AUTH + "2fa/recovery-codes/"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED, ids=[f"{m} {p}" for m, p in CLOSED])
def test_a_restricted_session_is_refused_elsewhere(client, user, owing, method, path):
    body = {
        "password": PASSWORD,
        "code": "123456",
        "current_password": PASSWORD,
        "new_password": "another correct horse",
    }
    answer = getattr(client, method)(path, body, format="json", **bearer(owing["access"]))
    assert answer.status_code == 403
    assert answer.json()["detail"] == "Set up a second factor first."
    if path.startswith(AUTH):
        assert_enrolment_required(answer)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_refresh_keeps_it_restricted(client, owing, clock):
    pair = owing
    for _ in range(3):
        clock.shift(200)
        pair = client.refresh(pair["refresh"]).json()
        assert client.get("/plain/", **bearer(pair["access"])).status_code == 403
        assert client.sessions(pair["access"]).status_code == 403
        assert state(client, pair["access"]).status_code == 200


def test_it_may_set_up_and_then_do_everything(client, user, owing, clock):
    access = owing["access"]
    assert state(client, access).json()["totp"]["enabled"] is False
    phone = Phone(set_up(client, access).json()["secret"], clock)
    assert client.get("/plain/", **bearer(access)).status_code == 403

    assert confirm(client, access, phone.code()).status_code == 200

    assert client.get("/plain/", **bearer(access)).status_code == 200
    assert client.get("/both/", **bearer(access)).status_code == 200
    assert [s["amr"] for s in client.sessions(access).json()] == [["pwd", "otp", "mfa"]]
    pair = client.refresh(owing["refresh"]).json()
    assert client.get("/mfa/", **bearer(pair["access"])).status_code == 200
    assert reauthenticate(client, pair["access"], code=phone.fresh_code()).status_code == 200
    assert complete(client, challenge(client, user), phone.fresh_code()).status_code == 200


def test_a_wrong_code_leaves_it_restricted(client, owing, clock):
    set_up(client, owing["access"])
    for _ in range(3):
        assert confirm(client, owing["access"], "000000").status_code == 401
    assert client.get("/plain/", **bearer(owing["access"])).status_code == 403


def test_another_session_of_the_same_user_cannot_be_kept(client, user, owing, clock):
    second = client.pair(user)
    phone = Phone(set_up(client, second["access"]).json()["secret"], clock)
    confirm(client, second["access"], phone.code())
    assert state(client, owing["access"]).status_code == 401
    assert client.refresh(owing["refresh"]).status_code == 401


def test_it_may_prove_again_who_it_is_to_set_up_later(client, owing, clock):
    clock.shift(250)
    pair = client.refresh(owing["refresh"]).json()
    clock.shift(100)
    assert_step_up_required(set_up(client, pair["access"]), max_age=300)
    assert reauthenticate(client, pair["access"], password="wrong").status_code == 401
    fresh = reauthenticate(client, pair["access"], password=PASSWORD).json()["access"]
    assert client.get("/plain/", **bearer(fresh)).status_code == 403
    phone = Phone(set_up(client, fresh).json()["secret"], clock)
    assert confirm(client, fresh, phone.code()).status_code == 200
    assert client.get("/plain/", **bearer(fresh)).status_code == 200


def test_it_can_log_out(client, owing):
    assert client.revoke(owing["refresh"]).status_code == 204
    assert state(client, owing["access"]).status_code == 401


def test_a_user_with_the_factor_gets_an_unrestricted_session(client, owner):
    pair = complete(client, challenge(client, owner.user), owner.phone.fresh_code()).json()
    assert client.get("/plain/", **bearer(pair["access"])).status_code == 200


def test_a_user_who_turned_it_off_has_to_enrol_again(client, owner):
    assert disable(client, owner.access, owner.phone.fresh_code()).status_code == 204
    pair = client.pair(owner.user)
    assert client.get("/plain/", **bearer(pair["access"])).status_code == 403


def test_turning_it_off_restricts_the_session_to_enrolment(client, owner, clock):
    assert disable(client, owner.access, owner.phone.fresh_code()).status_code == 204

    assert client.get("/plain/", **bearer(owner.access)).status_code == 403
    assert_enrolment_required(client.sessions(owner.access))
    pair = client.refresh(owner.pair["refresh"]).json()
    assert claims_of(pair["access"])["token_type"] == "enrolment"
    assert claims_of(pair["access"])["amr"] == ["pwd"]
    assert client.get("/plain/", **bearer(pair["access"])).status_code == 403

    phone = Phone(set_up(client, pair["access"]).json()["secret"], clock)
    assert confirm(client, pair["access"], phone.code()).status_code == 200
    assert client.get("/mfa/", **bearer(pair["access"])).status_code == 200


def test_a_policy_that_fails_leaves_the_factor_on(client, owner):
    def fails(user):
        raise RuntimeError("the directory is down")

    client.raise_request_exception = False
    with require(fails):
        assert disable(client, owner.access, owner.phone.fresh_code()).status_code == 500
    assert owner.device.confirmed
    assert client.get("/mfa/", **bearer(owner.access)).status_code == 200


@pytest.mark.staff
def test_a_user_promoted_to_staff_can_only_enrol_from_then_on(
    client, user, clock, django_assert_num_queries
):
    with require("staff"):
        pair = client.pair(user)
        assert client.sessions(pair["access"]).status_code == 200

        type(user).objects.filter(pk=user.pk).update(is_staff=True)

        assert_enrolment_required(client.sessions(pair["access"]))
        with django_assert_num_queries(1):
            assert client.verify(pair["access"]).status_code == 401
        refreshed = client.refresh(pair["refresh"]).json()
        assert claims_of(refreshed["access"])["token_type"] == "enrolment"
        phone = Phone(set_up(client, refreshed["access"]).json()["secret"])
        assert confirm(client, refreshed["access"], phone.code()).status_code == 200
        assert client.sessions(refreshed["access"]).status_code == 200

        type(user).objects.filter(pk=user.pk).update(is_staff=False)
        assert client.sessions(refreshed["access"]).status_code == 200


def test_an_api_key_of_a_user_who_has_to_enrol_still_works(client, user):
    _, key = APIKey.objects.create_key(name="robot", owner=user)
    assert client.get("/plain/", HTTP_X_API_KEY=key).status_code == 200
    assert post(client, "2fa/totp/setup/", {}, HTTP_X_API_KEY=key).status_code == 401


# --- who ---------------------------------------------------------------------------------------

POLICIES = {
    "nobody": (None, {"plain": False, "staff": False, "owing": False}),
    "staff": ("staff", {"plain": False, "staff": True, "owing": False}),
    "all": ("all", {"plain": True, "staff": True, "owing": True}),
    "a callable": (
        is_in_the_ninth_team,
        {"plain": False, "staff": False, "owing": True},
    ),
    "its path": (
        f"{__name__}.{is_in_the_ninth_team.__name__}",
        {"plain": False, "staff": False, "owing": True},
    ),
}


@pytest.mark.parametrize(("policy", "owes"), POLICIES.values(), ids=POLICIES)
def test_the_policy_says_who(client, make_user, policy, owes):
    users = {
        "plain": make_user("plain"),
        "staff": make_user("clerk", is_staff=True),
        "owing": make_user("owing"),
    }
    with require(policy):
        for name, user in users.items():
            pair = client.pair(user)
            expected = 403 if owes[name] else 200
            assert client.get("/plain/", **bearer(pair["access"])).status_code == expected


def test_a_policy_that_fails_gives_no_session(client, user):
    def fails(user):
        raise RuntimeError("the directory is down")

    client.raise_request_exception = False
    with require(fails):
        assert client.log_in(user).status_code == 500
    assert Session.objects.count() == 0


# --- a host's own log-in -----------------------------------------------------------------------


def own_log_in(user, *methods):
    request = RequestFactory().post("/social/")
    return complete_login(request, user, methods=methods)


def test_a_hosts_own_log_in_owes_the_factor_too(client, user):
    pair = own_log_in(user, "fed")
    assert client.get("/plain/", **bearer(pair.access)).status_code == 403


def test_a_hosts_own_log_in_with_a_factor_of_its_own_is_whole(client, user):
    pair = own_log_in(user, "hwk", "mfa")
    assert client.get("/mfa/", **bearer(pair.access)).status_code == 200


def test_a_log_in_of_the_project_asks_users_with_the_factor_for_it(client, owner):
    waiting = own_log_in(owner.user, "fed")
    assert isinstance(waiting, SecondFactorRequired)
    pair = complete(client, waiting.challenge, owner.phone.fresh_code()).json()
    assert claims_of(pair["access"])["amr"] == ["fed", "otp", "mfa"]
    assert client.get("/both/", **bearer(pair["access"])).status_code == 200


def test_a_challenge_from_before_the_rule_gives_a_whole_session(client, owner):
    with require(None):
        waiting = challenge(client, owner.user)
    pair = complete(client, waiting, owner.phone.fresh_code()).json()
    assert client.get("/plain/", **bearer(pair["access"])).status_code == 200


def test_a_log_in_whose_factor_is_removed_between_the_steps_is_refused(client, owner):
    waiting = challenge(client, owner.user)
    live = Session.objects.live().count()
    TOTPDevice.objects.all().delete()
    for code in (owner.phone.fresh_code(), owner.recovery_codes[0]):
        assert complete(client, waiting, code).status_code == 401
    assert Session.objects.live().count() == live
