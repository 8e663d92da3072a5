"""Codes in the host's own views: ``authkit.errors.exception_handler``, beside DRF's own."""

import pytest
from django.test import override_settings
from rest_framework.exceptions import PermissionDenied, Throttled

from tests.conftest import AUTH, bearer
from tests.errors.problem_urls import HOSTS, Conflict
from tests.errors.test_errors import each, special

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.errors.problem_urls")]

OURS = {"EXCEPTION_HANDLER": "authkit.errors.exception_handler"}

#: What hosts raise besides: refusals in shapes of their own.
MORE = {
    "own code": lambda: PermissionDenied("Not your invoice.", "not_owner"),
    "number as code": lambda: PermissionDenied("Not your invoice.", 17),
    "no code": lambda: Uncoded("No."),
    "dict": lambda: PermissionDenied({"reason": "Not your invoice."}),
    "dict with detail": lambda: PermissionDenied({"detail": "No.", "until": "Monday"}),
    "nested detail": lambda: PermissionDenied({"detail": {"en": "No."}}),
    "list": lambda: PermissionDenied(["No.", "Never."]),
    "too often": lambda: Throttled(3, "Slowly.", "slowly"),
}


class Uncoded(PermissionDenied):
    default_code = None


#: name: the code that is added; None where the body stays as it is
ADDED = {
    "403": "permission_denied",
    "throttled": "throttled",
    "unauthenticated": "not_authenticated",
    "own code": "not_owner",
    "number as code": "17",
    "no code": None,
    "dict": None,
    "dict with detail": None,
    "nested detail": None,
    "list": None,
    "too often": "slowly",
    "simplejwt": None,
}


@pytest.fixture(autouse=True)
def _more(monkeypatch):
    for name, make in MORE.items():
        monkeypatch.setitem(HOSTS, name, make)


def whole(response):
    return response.status_code, dict(response.headers), response.content


def asked(client, path):
    """The answers of DRF's handler and of ours."""
    with override_settings(REST_FRAMEWORK={}):
        before = client.get(path)
    with override_settings(REST_FRAMEWORK=OURS):
        return before, client.get(path)


@each
def test_every_refusal_of_ours_has_its_code_in_a_hosts_view(
    client, name, status, code, sentence, headers
):
    before, after = asked(client, f"/host/{name}/")
    assert before.json() == {"detail": sentence}
    assert (after.status_code, after.json()) == (status, {"detail": sentence, "code": code})
    assert special(after) == special(before) == headers


@pytest.mark.parametrize("name", ADDED)
def test_a_refusal_of_the_host_gets_its_code_and_nothing_else_changes(client, name):
    before, after = asked(client, f"/host/{name}/")
    assert after.status_code in (401, 403, 429)
    if ADDED[name] is None:
        assert whole(after) == whole(before)
        return
    assert after.json() == {**before.json(), "code": ADDED[name]}
    assert {**after.headers, "Content-Length": ""} == {**before.headers, "Content-Length": ""}


@pytest.mark.parametrize(
    "name",
    ["404", "not-found", "conflict", "server", "untitled", "numbered", "list-409", "sentence"],
)
def test_every_other_error_stays_byte_for_byte(client, monkeypatch, name):
    monkeypatch.setitem(HOSTS, "list-409", lambda: Conflict(["Lent.", "Reserved."]))
    client.raise_request_exception = False
    before, after = asked(client, f"/host/{name}/")
    assert whole(after) == whole(before)


def test_a_crash_stays_djangos(client):
    with override_settings(REST_FRAMEWORK=OURS), pytest.raises(RuntimeError, match="hunter2"):
        client.get("/host/crash/")


@override_settings(REST_FRAMEWORK=OURS)
def test_a_throttled_view_of_the_host_says_so_and_when_to_come_back(client):
    response = client.get("/throttled/")
    assert response.json() == {
        "detail": "Request was throttled. Expected available in 30 seconds.",
        "code": "throttled",
    }
    assert response.headers["Retry-After"] == "30"


@override_settings(REST_FRAMEWORK=OURS)
def test_our_own_views_answer_as_without_it(client):
    with override_settings(REST_FRAMEWORK={}):
        before = client.post(AUTH + "token/refresh/", {"refresh": "x"})
    after = client.post(AUTH + "token/refresh/", {"refresh": "x"})
    assert whole(after) == whole(before)
    assert after.json()["code"] == "token_invalid"


DRF = "rest_framework.views.exception_handler"


def by_challenge(response):
    """DRF's own body has no code; the challenge says it, in every language."""
    assert set(response.json()) == {"detail"}
    return response.headers["WWW-Authenticate"].partition('error_description="')[2].rstrip('"')


def by_code(response):
    return response.json()["code"]


def by_errors(response):
    return response.json()["errors"][0]["code"]


#: handler: how a client reads it, and what it reads for expired, ended and malformed
HANDLERS = {
    DRF: (by_challenge, ["The access token expired", "The session has ended", ""]),
    "authkit.errors.exception_handler": (
        by_code,
        ["token_expired", "session_ended", "token_invalid"],
    ),
    "authkit.errors.problem_details_handler": (
        by_code,
        ["token_expired", "session_ended", "token_invalid"],
    ),
    "drf_standardized_errors.handler.exception_handler": (
        by_errors,
        ["token_expired", "session_ended", "token_invalid"],
    ),
}


@pytest.mark.urls("tests.errors.user_urls")
@pytest.mark.parametrize("first", ["", "session-"], ids=["alone", "after a cookie session"])
@pytest.mark.parametrize("handler", HANDLERS)
def test_a_client_can_tell_refresh_from_log_in_with_every_handler(
    client, user, clock, handler, first
):
    read, expected = HANDLERS[handler]
    pair = client.pair(user)
    path = f"/{first}user/"
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": handler}):
        clock.shift(301)
        expired = client.get(path, **bearer(pair["access"]))
        fresh = client.refresh(pair["refresh"]).json()
        assert client.get(path, **bearer(fresh["access"])).status_code == 200
        client.revoke(fresh["refresh"])
        ended = client.get(path, **bearer(fresh["access"]))
        malformed = client.get(path, **bearer("x"))
    answers = [expired, ended, malformed]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert [read(answer) for answer in answers] == expected
