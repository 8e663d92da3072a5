"""Refusals leave a trace (ASVS 5.0, 16.3.2 and 16.3.3): events, or bounded lines of the log."""

from functools import partial

import pytest
from authkit.core.http import security_log as written
from authkit.models import APIKey, SecurityEvent, Session
from authkit.permissions import HasScope, HasSecondFactor, RecentlyAuthenticated
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.conftest import AUTH, Client, bearer
from tests.sessions.crowd import Crowd
from tests.sessions.forge import claims_of, sign

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sessions.test_traces")]


class View(APIView):
    def get(self, request):
        return Response({})


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("plain/", View.as_view()),
    path("recent/", View.as_view(permission_classes=[RecentlyAuthenticated])),
    path("mfa/", View.as_view(permission_classes=[HasSecondFactor])),
    path("scoped/", View.as_view(permission_classes=[HasScope("books:read")])),
]


@pytest.fixture(autouse=True)
def _nothing_told_yet():
    written._told.clear()
    yield
    written._told.clear()


STEP_UPS = {
    "a permission": ("get", "/recent/"),
    "a factor": ("get", "/mfa/"),
    "the first factor": ("post", AUTH + "2fa/totp/setup/"),
}


@pytest.mark.parametrize("name", STEP_UPS)
def test_a_step_up_is_an_event_of_the_user_and_session(client, user, clock, security_log, name):
    method, path = STEP_UPS[name]
    access = client.pair(user)["access"]
    session = Session.objects.get()
    clock.shift(299)
    client.get("/plain/", **bearer(access))
    Session.objects.update(authenticated_at=session.authenticated_at)
    old = sign({**claims_of(access), "auth_time": 0})

    answer = getattr(client, method)(path, **bearer(old))
    assert answer.status_code == 401
    assert "insufficient_user_authentication" in answer["WWW-Authenticate"]

    event = SecurityEvent.objects.get(kind="step_up_required")
    assert (event.user_id, event.session_id, event.ip) == (user.pk, session.pk, "127.0.0.1")
    [(_, facts)] = security_log("step_up_required")
    assert facts["session"] == str(session.pk)


def test_an_enrolment_refusal_is_an_event(client, user, settings):
    settings.AUTHKIT = {"SECOND_FACTOR_REQUIRED": "all"}
    access = client.pair(user)["access"]
    assert client.get("/plain/", **bearer(access)).status_code == 403
    event = SecurityEvent.objects.get(kind="enrolment_required")
    assert (event.user_id, event.session_id) == (user.pk, Session.objects.get().pk)


@pytest.mark.parametrize("owned", [True, False])
def test_a_missing_scope_is_an_event(client, user, owned):
    api_key, key = APIKey.objects.create_key(name="job", owner=user if owned else None)
    assert client.get("/scoped/", HTTP_X_API_KEY=key).status_code == 403
    event = SecurityEvent.objects.get(kind="scope_missing")
    assert event.user_id == (user.pk if owned else None)
    assert event.facts == {"api_key": str(api_key.pk), "scopes": ["books:read"]}


def test_an_owners_key_that_introspects_is_an_event(client, user):
    api_key, key = APIKey.objects.create_key(name="job", owner=user)
    APIKey.objects.filter(pk=api_key.pk).update(scope="authkit:introspect")  # nothing but SQL can
    answer = client.post(AUTH + "token/introspect/", {"token": "x"}, HTTP_X_API_KEY=key)
    assert answer.status_code == 403
    assert SecurityEvent.objects.get(kind="scope_missing").user_id == user.pk


def forgeries(pair):
    claims = claims_of(pair["access"])
    return {
        "malformed": "no token",
        "another key": sign(claims, key=b"the key of another installation....."),
        "another user": sign({**claims, "user_id": "0"}),
        "wrong type": pair["refresh"],
    }


@pytest.mark.parametrize("how", ["malformed", "another key", "another user", "wrong type"])
def test_a_forged_token_is_a_line_without_the_token(client, user, clock, security_log, caplog, how):
    token = forgeries(client.pair(user))[how]
    assert client.get("/plain/", **bearer(token)).status_code == 401
    assert security_log("token_rejected") == [
        ("WARNING", {"event": "token_rejected", "count": 1, "ip": "127.0.0.1"})
    ]
    assert token not in caplog.text
    assert not SecurityEvent.objects.filter(kind="token_rejected").exists()


@pytest.mark.parametrize("path", ["token/refresh/", "token/verify/", "token/second-factor/"])
def test_a_forged_token_in_a_body_is_a_line_too(client, db, security_log, path):
    body = {"refresh": "no", "token": "no", "challenge": "no", "code": "123456"}
    assert client.post(AUTH + path, body).status_code == 401
    assert len(security_log("token_rejected")) == 1


def test_what_ended_or_expired_is_no_forgery(client, user, clock, security_log):
    pair = client.pair(user)
    clock.shift(300)
    client.sessions(pair["access"])
    client.revoke(pair["refresh"])
    client.sessions(pair["access"])
    client.refresh(pair["refresh"])
    assert security_log("token_rejected") == []


def test_a_flood_of_forged_tokens_is_one_line_for_each_client_and_minute(db, clock, security_log):
    one, two = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
    for _ in range(50):
        one.get("/plain/", **bearer("forged"))
        two.get("/plain/", **bearer("forged"))
    clock.shift(60)
    one.get("/plain/", **bearer("forged"))
    told = [(facts["ip"], facts["count"]) for _, facts in security_log("token_rejected")]
    assert told == [("192.0.2.1", 1), ("192.0.2.2", 1), ("192.0.2.1", 50)]


def test_more_clients_than_are_counted_apart_share_a_line(db, clock, security_log, monkeypatch):
    monkeypatch.setattr(written, "MAX_COUNTED", 10)
    for number in range(50):
        client = Client(REMOTE_ADDR=f"2001:db8:0:{number:x}::1")
        client.get("/plain/", **bearer("forged"))
    assert len(security_log("token_rejected")) == 11
    assert len(written._told) == 11
    clock.shift(60)
    Client(REMOTE_ADDR="192.0.2.1").get("/plain/", **bearer("forged"))
    assert len(written._told) == 1  # those of the last minute are forgotten


def test_threads_that_forge_at_once_are_counted_once(db, security_log, clock):
    with Crowd(8) as crowd:
        client = Client(REMOTE_ADDR="192.0.2.1")
        crowd.at_once([partial(client.get, "/plain/", **bearer("forged"))] * 8)
    assert [facts["count"] for _, facts in security_log("token_rejected")] == [1]
    [(_, left_out)] = written._told.values()
    assert left_out == 7
