"""The bypass matrix T-2FA-01 to T-2FA-11: the attacker knows the password, and nothing else.

Each of the pathways is tried here once, under its number; the other files go further.
"""

import pytest
from authkit.core.factors import has_second_factor
from authkit.errors import CodeInvalid
from authkit.factors import flows as factor_flows
from authkit.factors.totp.factor import TOTP
from authkit.login.flows import SecondFactorRequired, complete_login
from authkit.models import APIKey, Session, TOTPDevice
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.db import OperationalError
from django.test import Client as Browser
from django.test import RequestFactory, override_settings
from django.urls import get_resolver
from rest_framework.test import APIClient

from tests.conftest import AUTH, PASSWORD, Client, bearer, is_there
from tests.database.statements import at_statement
from tests.factors.answers import assert_challenge_refused
from tests.factors.calls import (
    challenge,
    complete,
    confirm,
    log_in_with,
    post,
    reauthenticate,
    set_up,
    state,
)
from tests.factors.phone import Phone
from tests.sessions.forge import claims_of, sign

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.factors.urls")]

#: All endpoints are there.
ALL_ON = {"REGISTRATION": True, "EMAIL_VERIFICATION_URL": "https://app.example/#{token}"}

#: Look at no credential, so none opens anything there.
OPEN = {
    AUTH + path
    for path in (
        "register/",
        "email/verify/",
        "email/verify/resend/",
        "password/reset/",
        "password/reset/confirm/",
    )
}


@pytest.fixture(autouse=True)
def _all_on(settings, mailers):
    settings.AUTHKIT = ALL_ON


def live(owner):
    return set(Session.objects.of(owner.user).live().values_list("pk", flat=True))


def tokens_in(text):
    return "access" in text or "refresh" in text


def endpoints():
    for pattern in get_resolver("authkit.urls").url_patterns:
        route = str(pattern.pattern)
        if not is_there(route):
            continue
        yield AUTH + route.replace("<uuid:session_id>", "00000000-0000-0000-0000-000000000000")


def test_t_2fa_01_a_challenge_is_taken_at_the_second_step_of_its_own_log_in_alone(
    client, owner, clock
):
    before = live(owner)
    waiting = challenge(client, owner.user)
    for path in endpoints():
        if path.endswith("second-factor/"):
            continue
        for method in ("get", "post", "put", "patch", "delete"):
            for headers in (
                bearer(waiting),
                {"HTTP_X_API_KEY": waiting},
                {"HTTP_AUTHORIZATION": f"ApiKey {waiting}"},
                {"HTTP_COOKIE": f"sessionid={waiting}; access={waiting}"},
            ):
                body = dict.fromkeys(["refresh", "token", "password", "access"], waiting)
                answer = getattr(client, method)(path, body, format="json", **headers)
                revoked = path.endswith("revoke/") and method == "post"
                assert answer.status_code in ((204,) if revoked else (400, 401, 405))
    other = APIClient(REMOTE_ADDR="198.51.100.7", HTTP_USER_AGENT="another")
    assert complete(other, waiting, owner.phone.fresh_code()).status_code == 200
    assert_challenge_refused(complete(client, waiting, owner.phone.fresh_code()))
    lapsed = challenge(client, owner.user)
    clock.shift(300)
    assert_challenge_refused(complete(client, lapsed, owner.phone.code()))
    assert len(live(owner)) == len(before) + 1


def test_t_2fa_02_no_session_from_before_the_factor_lives_on(client, user, enrol):
    old = client.pair(user)
    rotated = client.refresh(old["refresh"]).json()
    owner = enrol(user)
    for token in (old["refresh"], rotated["refresh"]):
        assert client.refresh(token).status_code == 401
    assert len(live(owner)) == 1


def test_t_2fa_03_a_new_password_gives_no_way_round_the_factor(client, owner):
    owner.user.set_password("another correct horse")
    owner.user.save()
    answer = client.log_in(owner.user, "another correct horse")
    assert answer.status_code == 202
    assert not tokens_in(str(list(answer.json())))
    assert state(client, owner.access).status_code == 401


class RefusingBackend:
    def authenticate(self, request, **credentials):
        return None

    def get_user(self, user_id):
        return get_user_model().objects.filter(pk=user_id).first()


def test_t_2fa_04_no_other_name_or_backend_opens_a_session(client, owner):
    before = live(owner)
    get_user_model().objects.filter(pk=owner.user.pk).update(
        **{get_user_model().USERNAME_FIELD: "renamed@example.com"}
    )
    owner.user.refresh_from_db()
    assert client.log_in(owner.user).status_code == 202
    request = RequestFactory().post("/social/")
    for methods in (["fed"], ["pwd", "otp"], ["swk"], []):
        assert isinstance(
            complete_login(request, owner.user, methods=methods), SecondFactorRequired
        )
    backend = f"{__name__}.RefusingBackend"
    with override_settings(AUTHENTICATION_BACKENDS=[backend]):
        assert client.log_in(owner.user).status_code == 401
        code = owner.phone.fresh_code()
        assert log_in_with(client, owner.user, code).status_code == 401
    assert live(owner) == before


def test_t_2fa_05_an_api_key_reaches_neither_factor_nor_sessions(client, owner):
    _, key = APIKey.objects.create_key(name="robot", owner=owner.user)
    before = (live(owner), TOTPDevice.objects.values().get())
    code = owner.phone.fresh_code()
    for path in endpoints():
        # A ticket for a connection is bound to the key that asks for it.
        if "/token/" in path or "/ticket/" in path:
            continue
        for method in ("get", "post", "delete"):
            body = {"password": PASSWORD, "code": code, "current_password": PASSWORD}
            answer = getattr(client, method)(path, body, format="json", HTTP_X_API_KEY=key)
            assert answer.status_code in ((400, 405) if path in OPEN else (401, 405))
    assert (live(owner), TOTPDevice.objects.values().get()) == before


def test_t_2fa_06_the_admin_requires_it_and_check_names_the_views_that_do_not(
    client, make_user, enrol
):
    boss = make_user("boss", is_staff=True, is_superuser=True)
    owner = enrol(boss)
    middleware = [*_middleware(), "django_otp.middleware.OTPMiddleware"]
    with override_settings(MIDDLEWARE=middleware):
        browser = Browser()
        body = {"username": boss.get_username(), "password": PASSWORD}
        assert browser.post("/ours/login/", body).status_code == 200
        assert browser.get("/ours/").status_code == 302
        browser.force_login(boss)
        assert browser.get("/ours/").status_code == 302
        found = [m for m in run_checks(include_deployment_checks=True) if m.id == "authkit.W002"]
    assert [message.msg for message in found] == [
        "The admin site 'admin' does not ask for a second factor."
    ]
    assert owner.device.confirmed


def _middleware():
    return [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ]


def test_a_projects_own_log_in_may_bring_the_code_along(rf, owner):
    request = rf.post("/social/")
    with pytest.raises(CodeInvalid):
        complete_login(request, owner.user, methods=["fed"], otp=owner.phone.wrong_code())
    code = owner.phone.fresh_code()
    pair = complete_login(request, owner.user, methods=["fed"], otp=code)
    assert claims_of(pair.access)["amr"] == ["fed", "otp", "mfa"]


def test_t_2fa_07_a_log_in_that_waits_for_its_user_sees_a_factor_that_was_turned_on(
    client, user, clock
):
    """The race, taken apart; races/test_concurrency.py runs it with threads.

    From its lock on, the log-in is committed before the factor is: which then ends its session.
    """
    other = Client()
    access = other.pair(user)["access"]
    phone = Phone(set_up(other, access).json()["secret"], clock)

    def turn_it_on():
        assert confirm(other, access, phone.code()).status_code == 200

    with at_statement("UPDATE", get_user_model(), turn_it_on):
        answer = client.log_in(user)

    assert answer.status_code == 202
    assert [s.amr for s in Session.objects.of(user).live()] == [["pwd", "otp", "mfa"]]


@pytest.mark.parametrize("place", ["is_on", "lock_user"])
def test_t_2fa_08_no_failure_to_look_the_factor_up_gives_a_token(client, owner, monkeypatch, place):
    def fail(*args):
        raise OperationalError("the database is gone")

    waiting = challenge(client, owner.user)
    monkeypatch.setattr(TOTP if place == "is_on" else factor_flows, place, fail)
    code = owner.phone.fresh_code()
    answers = [
        complete(client, waiting, code) if place == "lock_user" else client.log_in(owner.user),
        log_in_with(client, owner.user, code),
        reauthenticate(client, owner.access, code=code),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
        assert answer["Retry-After"] == "5"


def test_t_2fa_08_a_secret_that_cannot_be_decrypted_is_503(client, owner):
    TOTPDevice.objects.update(sealed_secret="gone.AAAA")
    assert client.log_in(owner.user).status_code == 202
    answer = log_in_with(client, owner.user, owner.phone.fresh_code())
    assert (answer.status_code, answer.json()["code"]) == (503, "second_factor_unavailable")


def test_t_2fa_09_no_forged_challenge_or_claim_is_believed(client, owner):
    waiting = challenge(client, owner.user)
    code = owner.phone.fresh_code()
    for forged in (
        sign(claims_of(waiting), key=b"the key of another installation....."),
        sign(claims_of(waiting) | {"token_type": "access", "amr": ["pwd", "otp", "mfa"]}),
    ):
        assert_challenge_refused(complete(client, forged, code))
        assert client.sessions(forged).status_code == 401
        assert client.get("/mfa/", **bearer(forged)).status_code == 401
    with override_settings(SIMPLE_JWT={"SIGNING_KEY": "another-installation-" * 4}):
        assert_challenge_refused(complete(client, waiting, code))


def test_t_2fa_10_two_log_ins_wait_apart_and_logging_out_everywhere_ends_both(client, owner):
    first, second, third = (challenge(client, owner.user) for _ in range(3))
    pairs = [
        complete(client, waiting, owner.phone.fresh_code()).json() for waiting in (second, first)
    ]
    assert [claims_of(p["access"])["sid"] for p in pairs] == [
        claims_of(second)["sid"],
        claims_of(first)["sid"],
    ]
    assert client.delete(AUTH + "sessions/", **bearer(pairs[0]["access"])).status_code == 204
    assert_challenge_refused(complete(client, third, owner.phone.fresh_code()))
    assert len(live(owner)) == 1


def test_t_2fa_11_a_session_that_requires_enrolment_can_only_set_a_factor_up(client, user, clock):
    with override_settings(AUTHKIT=ALL_ON | {"SECOND_FACTOR_REQUIRED": "all"}):
        access = client.pair(user)["access"]
        for path in ("/plain/", "/open/", "/mfa/", "/recent/"):
            assert client.get(path, **bearer(access)).status_code == 403
        open_to_it = {
            AUTH + path
            for path in ("2fa/", "2fa/totp/setup/", "2fa/totp/verify/", "reauthenticate/")
        }
        for path in endpoints():
            if "/token/" in path or path in open_to_it:
                continue
            for method in ("get", "post", "delete", "put"):
                answer = getattr(client, method)(path, {}, format="json", **bearer(access))
                assert answer.status_code in ((400, 405) if path in OPEN else (403,))
        phone = Phone(set_up(client, access).json()["secret"], clock)
        assert confirm(client, access, phone.code()).status_code == 200
        assert client.get("/plain/", **bearer(access)).status_code == 200


def test_no_pathway_above_left_a_session_by_password_alone(client, owner):
    """The twelfth: what an attacker with the password can do, all of it, in a row."""
    before = live(owner)
    for body in (
        {},
        {"otp": "000000"},
        {"otp": owner.phone.base32[:6]},
        {"methods": ["mfa"]},
        {"mfa": True, "amr": ["mfa"]},
    ):
        credentials = {
            owner.user.USERNAME_FIELD: owner.user.get_username(),
            "password": PASSWORD,
        }
        answer = post(client, "token/", credentials | body)
        assert answer.status_code in (202, 401)
        assert not tokens_in(str(list(answer.json())))
    assert live(owner) == before
    assert has_second_factor(owner.user)
