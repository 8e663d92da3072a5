"""Browsers behind one IP: each session has its own rate, as with tokens in the body."""

import pytest
from authkit.core.http.views import AuthkitView
from authkit.throttling import AnonymousThrottle, UserThrottle
from django.test import override_settings
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from tests.cookies.browsers import NAME, Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_was_counted_before")]


class Anon(AnonRateThrottle):
    rate = "2/min"


class User(UserRateThrottle):
    rate = "2/min"


@pytest.fixture(autouse=True)
def _rates(clock):
    rates = {"anon": "2/min", "user": "2/min"}
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": rates}):
        yield


@pytest.fixture
def browsers(make_user):
    made = [Browser() for _ in range(4)]
    for browser in made:
        assert browser.log_in_with(make_user()).status_code == 200
    return made


@pytest.mark.parametrize("throttle", [UserThrottle, User])
def test_each_session_refreshes_at_a_rate_of_its_own(browsers, monkeypatch, throttle):
    monkeypatch.setattr(AuthkitView, "throttle_classes", [throttle])
    rounds = [[each.refresh_cookie().status_code for each in browsers] for _ in range(3)]
    assert rounds == [[200] * 4, [200] * 4, [429] * 4]


def test_a_refusal_by_the_rate_spends_no_token(browsers, monkeypatch):
    browser = browsers[0]
    monkeypatch.setattr(AuthkitView, "throttle_classes", [User])
    before = [browser.refresh_cookie() and browser.refresh_token for _ in range(2)][-1]
    refused = browser.refresh_cookie()
    assert (refused.status_code, refused.cookies) == (429, {})
    monkeypatch.setattr(AuthkitView, "throttle_classes", [])
    assert browser.refresh_token == before
    assert browser.refresh_cookie().status_code == 200


@pytest.mark.parametrize("throttle", [AnonymousThrottle, Anon, User])
def test_each_session_logs_out_at_a_rate_of_its_own(browsers, monkeypatch, throttle):
    monkeypatch.setattr(AuthkitView, "throttle_classes", [throttle])
    junk = Browser()
    junk.cookies[NAME] = "junk"
    assert [junk.send("cookie/token/revoke/").status_code for _ in range(2)] == [204, 204]
    for _ in range(3):
        junk.cookies[NAME] = "junk"
        assert junk.send("cookie/token/revoke/").status_code == 429
    assert [each.send("cookie/token/revoke/").status_code for each in browsers] == [204] * 4
