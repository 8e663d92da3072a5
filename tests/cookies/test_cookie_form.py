"""A browser logs in, refreshes and logs out, and no script sees the refresh token."""

from datetime import timedelta

import pytest
from authkit.models import Session
from authkit.sessions.serializers import TokenPairSerializer
from rest_framework import serializers

from tests.conftest import AUTH, PASSWORD, bearer
from tests.cookies.browsers import NAME, SAME_ORIGIN, Browser
from tests.factors.calls import reauthenticate
from tests.sessions.answers import (
    CHALLENGE,
    NOT_AUTHENTICATED,
    assert_refused,
    assert_session_ended,
    assert_token_invalid,
)
from tests.sessions.crowd import Crowd

pytestmark = pytest.mark.django_db

#: Of a log-in and of a refresh.
MEMBERS = {"access", "token_type", "expires_in"}


def logged_in(response, browser):
    """Check a completed log-in or refresh; return the access token."""
    assert response.status_code == 200, response.content
    assert set(response.json()) == MEMBERS
    assert browser.refresh_token not in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    return response.json()["access"]


def ended(session):
    return not Session.objects.live().filter(pk=session.pk).exists()


# --- the journey --------------------------------------------------------------------------------


def test_a_browser_logs_in_loads_the_page_again_and_logs_out(browser, user, security_log):
    access = logged_in(browser.log_in_with(user), browser)
    assert browser.sessions(access).status_code == 200
    first = browser.refresh_token
    renewed = logged_in(browser.refresh_cookie(), browser)
    assert browser.refresh_token != first
    assert browser.sessions(renewed).status_code == 200
    session = Session.objects.get()
    response = browser.send("cookie/token/revoke/")
    assert (response.status_code, response.content) == (204, b"")
    assert browser.refresh_token is None
    assert_session_ended(browser.sessions(renewed))
    assert_refused(browser.refresh_cookie(), NOT_AUTHENTICATED, challenge=CHALLENGE)
    (line,) = security_log("session_ended")
    assert line[1] | {"reason": "log_out", "session": str(session.pk)} == line[1]


def test_the_cookie_is_of_this_host_alone_and_no_script_reads_it(browser, user, settings):
    settings.AUTHKIT = {"SESSION_ABSOLUTE_LIFETIME": timedelta(hours=3)}
    browser.log_in_with(user)
    written = browser.cookies[NAME]
    assert {name: value for name, value in written.items() if value and name != "expires"} == {
        "path": "/",
        "secure": True,
        "httponly": True,
        "samesite": "Strict",
        "max-age": pytest.approx(3 * 3600, abs=60),
    }


def test_a_browser_forgets_what_it_has_stored_when_it_logs_out(browser, user):
    browser.log_in_with(user)
    response = browser.send("cookie/token/revoke/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    written = response.cookies[NAME]
    assert (written.value, written["max-age"], written["path"]) == ("", 0, "/")
    assert written["secure"] is True  # or the browser refuses it, and keeps the old one


@pytest.mark.parametrize("cookie", [None, "", "junk", "eyJhbGciOiJub25lIn0.e30.", "x" * 5000])
def test_log_out_never_fails(browser, cookie):
    if cookie is not None:
        browser.cookies[NAME] = cookie
    response = browser.send("cookie/token/revoke/")
    assert (response.status_code, response.content) == (204, b"")
    assert response.cookies[NAME]["max-age"] == 0


def test_log_out_ends_the_session_of_a_spent_cookie_as_well(browser, user):
    browser.log_in_with(user)
    spent = browser.refresh_token
    access = browser.refresh_cookie().json()["access"]
    browser.cookies[NAME] = spent
    assert browser.send("cookie/token/revoke/").status_code == 204
    assert_session_ended(browser.sessions(access))


# --- second factor and step-up ------------------------------------------------------------------


def test_a_log_in_with_a_factor_sets_no_cookie_before_the_code(browser, owner):
    response = browser.log_in_with(owner.user)
    assert response.status_code == 202
    assert set(response.json()) == {"challenge", "methods", "expires_in"}
    assert response.cookies == {}
    body = {"challenge": response.json()["challenge"], "code": owner.phone.wrong_code()}
    refused = browser.send("cookie/token/second-factor/", body)
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_code")
    assert refused.cookies == {}
    body["code"] = owner.phone.fresh_code()
    access = logged_in(browser.send("cookie/token/second-factor/", body), browser)
    assert browser.sessions(access).json()[0]["amr"] == ["pwd", "otp", "mfa"]


def test_a_log_in_may_have_the_code_at_once(browser, owner):
    access = logged_in(browser.log_in_with(owner.user, otp=owner.phone.fresh_code()), browser)
    assert browser.sessions(access).status_code == 200


def test_a_recovery_code_completes_a_log_in_once(browser, owner):
    for expected in (200, 401):
        challenge = browser.log_in_with(owner.user).json()["challenge"]
        body = {"challenge": challenge, "code": owner.recovery_codes[0]}
        assert browser.send("cookie/token/second-factor/", body).status_code == expected


def test_a_user_reauthenticates_by_the_access_token_and_the_cookie_stays(browser, user):
    access = browser.log_in_with(user).json()["access"]
    kept = browser.refresh_token
    response = reauthenticate(browser, access, password=PASSWORD)
    assert response.status_code == 200
    assert response.cookies == {}
    assert browser.refresh_token == kept
    logged_in(browser.refresh_cookie(), browser)


# --- what must not be -----------------------------------------------------------------------------


def test_the_cookie_opens_nothing_but_its_own_endpoints(browser, user):
    browser.log_in_with(user)
    for path in ("me/", "sessions/", "2fa/"):
        assert browser.get(AUTH + path, **SAME_ORIGIN).status_code == 401
    assert browser.send("ticket/").status_code == 401
    assert browser.send("token/refresh/").status_code == 400
    assert browser.send("reauthenticate/", {"password": PASSWORD}).status_code == 401


def test_an_access_token_is_no_cookie(browser, user):
    access = browser.log_in_with(user).json()["access"]
    browser.cookies[NAME] = access
    assert_token_invalid(browser.refresh_cookie())


def test_a_bearer_does_not_replace_the_cookie(user, pair):
    browser = Browser()
    for token in pair["access"], pair["refresh"]:
        response = browser.refresh_cookie(**bearer(token))
        assert_refused(response, NOT_AUTHENTICATED, challenge=CHALLENGE)


def test_a_refresh_token_in_the_body_is_refused_and_lives(browser, pair):
    response = browser.send("cookie/token/refresh/", {"refresh": pair["refresh"]})
    assert response.status_code == 401  # without a cookie
    browser.cookies[NAME] = "junk"
    for path in ("cookie/token/refresh/", "cookie/token/revoke/"):
        response = browser.send(path, {"refresh": pair["refresh"]})
        assert response.status_code in (400, 401)
    assert browser.verify(pair["refresh"]).status_code == 200


def test_a_junk_cookie_is_refused_and_leaves_a_trace(
    browser, user, security_log, nothing_was_counted_before
):
    browser.cookies[NAME] = "eyJhbGciOiJub25lIn0.e30."
    assert_token_invalid(browser.refresh_cookie())
    assert [line[1]["count"] for line in security_log("token_rejected")] == [1]


def test_a_junk_cookie_does_not_prevent_a_log_in(browser, user):
    browser.cookies[NAME] = "junk"
    logged_in(browser.log_in_with(user), browser)


def test_a_stolen_cookie_that_comes_back_ends_the_session(browser, user, clock):
    access = browser.log_in_with(user).json()["access"]
    thief = Browser(REMOTE_ADDR="192.0.2.77")
    thief.cookies[NAME] = browser.refresh_token
    browser.refresh_cookie()
    clock.shift(60)
    response = thief.refresh_cookie()
    assert (response.status_code, response.json()["code"]) == (401, "token_reused")
    assert_session_ended(browser.sessions(access))
    assert_session_ended(browser.refresh_cookie())


def test_two_tabs_that_refresh_at_one_moment_both_go_on(browser, user):
    browser.log_in_with(user)
    other = Browser()
    other.cookies[NAME] = browser.refresh_token
    first, second = (each.refresh_cookie() for each in (browser, other))
    assert first.json()["access"] == second.json()["access"]
    assert browser.refresh_token == other.refresh_token


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_race_of_tabs_leaves_one_live_cookie(user):
    first = Browser()
    first.log_in_with(user)
    tabs = [Browser() for _ in range(8)]
    for tab in tabs:
        tab.cookies[NAME] = first.refresh_token
    with Crowd(8) as crowd:
        answers = crowd.at_once([tab.refresh_cookie for tab in tabs])
    assert {answer.status_code for answer in answers} == {200}
    assert len({tab.refresh_token for tab in tabs}) == 1
    logged_in(tabs[0].refresh_cookie(), tabs[0])


def test_who_logs_in_again_leaves_no_session_behind(browser, user, make_user):
    browser.log_in_with(user)
    (before,) = Session.objects.all()
    other = make_user()
    browser.log_in_with(other)
    assert ended(before)
    (after,) = Session.objects.live()
    assert after.user_id == other.pk
    assert browser.log_in_with(user, "wrong").status_code == 401
    assert not ended(after)


def test_a_failed_log_in_leaves_the_cookie_alone(browser, user):
    browser.log_in_with(user)
    kept = browser.refresh_token
    response = browser.log_in_with(user, "wrong")
    assert response.status_code == 401
    assert response.cookies == {}
    assert browser.refresh_token == kept
    logged_in(browser.refresh_cookie(), browser)


def test_a_refused_refresh_leaves_the_cookie_of_a_log_in_meanwhile(browser, user):
    """The answer of a tab that is late would delete what another tab has just got."""
    browser.log_in_with(user)
    late = Browser()
    late.cookies[NAME] = browser.refresh_token
    browser.log_in_with(user)
    refused = late.refresh_cookie()
    assert refused.status_code == 401
    assert refused.cookies == {}


def test_a_new_password_ends_the_session_of_the_cookie(browser, user):
    browser.log_in_with(user)
    user.set_password("another long password")
    user.save()
    assert_session_ended(browser.refresh_cookie())


# --- projects -------------------------------------------------------------------------------------


class NestedSerializer(TokenPairSerializer):
    also = serializers.CharField(source="refresh")
    tokens = serializers.SerializerMethodField()

    def get_tokens(self, pair) -> dict:
        return {"deep": [pair.refresh, {"refresh_token": pair.refresh}], "kept": "yes"}


def test_no_member_of_a_project_shows_the_refresh_token(browser, user, settings):
    settings.AUTHKIT = {"TOKEN_PAIR_SERIALIZER": f"{__name__}.NestedSerializer"}
    response = browser.log_in_with(user)
    assert response.status_code == 200
    assert response.json()["tokens"] == {"deep": [{}], "kept": "yes"}
    assert set(response.json()) == MEMBERS | {"tokens"}
    assert browser.refresh_token not in response.content.decode()
    assert NestedSerializer().fields.keys() >= {"refresh", "also"}


@pytest.mark.parametrize(("secure", "name"), [(False, "authkit"), (True, NAME)])
def test_in_development_the_name_says_whether_there_is_https(user, settings, secure, name):
    settings.DEBUG = True
    browser = Browser()
    body = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
    response = browser.post(AUTH + "cookie/token/", body, **SAME_ORIGIN, secure=secure)
    assert list(response.cookies) == [name]
    written = response.cookies[name]
    assert bool(written["secure"]) is secure
    assert (written["httponly"], written["samesite"]) == (True, "Strict")
    refreshed = browser.post(AUTH + "cookie/token/refresh/", {}, **SAME_ORIGIN, secure=secure)
    assert refreshed.status_code == 200


@pytest.mark.parametrize("secure", [False, True])
def test_in_production_a_cookie_that_a_subdomain_can_plant_is_ignored(browser, user, secure):
    browser.log_in_with(user)
    planted = Browser()
    planted.cookies["authkit"] = browser.refresh_token
    response = planted.send("cookie/token/refresh/", secure=secure)
    assert_refused(response, NOT_AUTHENTICATED, challenge=CHALLENGE)


def test_behind_a_proxy_that_ends_https_the_cookie_needs_https_all_the_same(browser, user):
    response = browser.log_in_with(user)
    assert response.wsgi_request.is_secure() is False
    assert response.cookies[NAME]["secure"] is True
