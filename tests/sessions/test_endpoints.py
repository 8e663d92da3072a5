"""The list of one's own sessions, and ending them one by one or all others at once."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from authkit.models import APIKey, SecurityEvent, Session
from django.test import override_settings
from django.utils import timezone

from tests.conftest import AUTH, PASSWORD, bearer
from tests.sessions.answers import (
    CHALLENGE,
    NOT_AUTHENTICATED,
    NOT_FOUND,
    assert_refused,
    assert_session_is_dead,
    assert_session_lives,
)
from tests.sessions.forge import claims_of

pytestmark = pytest.mark.django_db


def sid(pair):
    return claims_of(pair["access"])["sid"]


def delete(client, access, session_id):
    return client.delete(f"{AUTH}sessions/{session_id}/", **bearer(access))


def iso(moment):
    return timezone.localtime(moment).isoformat()


def test_the_list_shows_each_live_session_with_these_facts_and_no_more(client, user, clock):
    first_login = datetime.now(UTC)
    phone = client.pair(user)
    clock.shift(60)
    laptop = client.log_in(user, HTTP_USER_AGENT="Firefox", REMOTE_ADDR="192.0.2.7").json()
    clock.shift(60)
    client.refresh(phone["refresh"])

    answer = client.sessions(laptop["access"])

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == [
        {
            "id": sid(phone),
            "created_at": iso(first_login),
            "last_used_at": iso(first_login.replace(microsecond=0) + timedelta(seconds=120)),
            "replayed_at": None,
            "ip": "127.0.0.1",
            "user_agent": "",
            "current": False,
            "amr": ["pwd"],
        },
        {
            "id": sid(laptop),
            "created_at": iso(first_login + timedelta(seconds=60)),
            "last_used_at": iso(first_login.replace(microsecond=0) + timedelta(seconds=60)),
            "replayed_at": None,
            "ip": "192.0.2.7",
            "user_agent": "Firefox",
            "current": True,
            "amr": ["pwd"],
        },
    ]


def test_the_list_shows_neither_dead_sessions_nor_those_of_others(client, user, make_user, clock):
    client.pair(user)  # runs out
    clock.shift(23 * 3600)
    logged_out, mine = client.pair(user), client.pair(user)
    client.pair(make_user())
    client.revoke(logged_out["refresh"])
    clock.shift(3599)
    mine = client.refresh(mine["refresh"]).json()
    assert len(client.sessions(mine["access"]).json()) == 2
    clock.shift(1)

    assert [s["id"] for s in client.sessions(mine["access"]).json()] == [sid(mine)]


def test_the_list_does_not_show_sessions_of_a_former_password(client, user):
    client.pair(user)
    user.set_password("another correct horse")
    user.save()
    mine = client.pair(user, "another correct horse")

    assert [s["id"] for s in client.sessions(mine["access"]).json()] == [sid(mine)]


def test_ending_one_session_ends_that_one(client, user, sent):
    mine, other, third = client.pair(user), client.pair(user), client.pair(user)

    answer = delete(client, mine["access"], sid(other))

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"
    assert_session_is_dead(client, other)
    assert_session_lives(client, mine)
    assert_session_lives(client, third)
    session = Session.objects.get(pk=sid(other))
    assert sent[3:] == [("session_ended", {"session": session, "reason": "ended_by_user"})]


def test_ending_the_current_session_is_a_log_out(client, user):
    mine = client.pair(user)
    assert delete(client, mine["access"], sid(mine)).status_code == 204
    assert_session_is_dead(client, mine)


def test_a_user_cannot_end_the_session_of_another_user(client, user, make_user):
    mine, theirs = client.pair(user), client.pair(make_user())

    assert_refused(
        delete(client, mine["access"], sid(theirs)), NOT_FOUND, status=404, challenge=None
    )

    assert_session_lives(client, theirs)


def test_a_session_that_is_no_more_is_not_found(client, user, sent):
    mine, ended = client.pair(user), client.pair(user)
    client.revoke(ended["refresh"])
    sent.clear()

    for session_id in (sid(ended), uuid.uuid4(), uuid.UUID(int=0)):
        answer = delete(client, mine["access"], session_id)
        assert_refused(answer, NOT_FOUND, status=404, challenge=None)
    assert sent == []


@pytest.mark.parametrize(
    "garbage",
    ["1", "-1", str(2**63), "1" + "0" * 400, "%00", "..%2f", "'", "%ff", "x" * 36, "%F0%9F%98%80"],
)
def test_what_is_no_session_id_is_not_found(client, user, garbage):
    mine = client.pair(user)
    assert delete(client, mine["access"], garbage).status_code == 404
    assert_session_lives(client, mine)


def test_ending_the_others_ends_all_but_this_one(client, user, make_user, sent, security_log):
    others = [client.pair(user) for _ in range(3)]
    mine, foreign = client.pair(user), client.pair(make_user())
    sent.clear()

    answer = client.delete(AUTH + "sessions/", **bearer(mine["access"]))

    assert (answer.status_code, answer.content) == (204, b"")
    for pair in others:
        assert_session_is_dead(client, pair)
    assert_session_lives(client, mine)
    assert_session_lives(client, foreign)
    assert [s["id"] for s in client.sessions(mine["access"]).json()] == [sid(mine)]
    assert {extra["session"].pk for _, extra in sent} == {uuid.UUID(sid(p)) for p in others}
    [(_, facts)] = security_log("sessions_ended")
    assert (facts["reason"], facts["count"]) == ("ended_by_user", 3)
    assert security_log("session_ended") == []


@pytest.mark.parametrize("count", [499, 500, 501, 1003])
def test_any_number_of_sessions_ends_as_one_event(client, user, sent, count):
    mine = client.pair(user)
    kept = Session.objects.get()
    copies = [Session.objects.get() for _ in range(count)]
    for copy in copies:
        copy.pk = uuid.uuid4()
    Session.objects.bulk_create(copies, batch_size=100)
    sent.clear()
    assert len(client.sessions(mine["access"]).json()) == 100

    assert client.delete(AUTH + "sessions/", **bearer(mine["access"])).status_code == 204

    assert [session.pk for session in Session.objects.live()] == [kept.pk]
    event = SecurityEvent.objects.get(kind="sessions_ended")
    assert event.facts == {"reason": "ended_by_user", "count": count}
    assert not SecurityEvent.objects.filter(kind="session_ended").exists()
    assert {extra["session"].pk for _, extra in sent} == {copy.pk for copy in copies}


def test_ending_the_others_where_there_are_none_is_no_error(client, user, sent):
    mine = client.pair(user)
    sent.clear()
    assert client.delete(AUTH + "sessions/", **bearer(mine["access"])).status_code == 204
    assert sent == []


@pytest.mark.parametrize("method", ["get", "delete"])
def test_sessions_are_for_those_who_hold_one(client, user, method):
    _, key = APIKey.objects.create_key(name="robot", owner=user)
    for headers in ({}, {"HTTP_X_API_KEY": key}, {"HTTP_AUTHORIZATION": "Basic dTpw"}):
        answer = getattr(client, method)(AUTH + "sessions/", **headers)
        assert_refused(answer, NOT_AUTHENTICATED, challenge=CHALLENGE)
    answer = client.delete(f"{AUTH}sessions/{uuid.uuid4()}/", HTTP_X_API_KEY=key)
    assert_refused(answer, NOT_AUTHENTICATED, challenge=CHALLENGE)


# --- what is remembered of a client ------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "remembered"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None),
        ("/run/gunicorn.sock", None),
        ("@", None),
        ("unknown", None),
        ("192.0.2.1:443", None),
        ("1" * 10_000, None),
    ],
)
def test_the_address_is_that_of_the_connection(client, user, peer, remembered):
    pair = client.log_in(user, REMOTE_ADDR=peer).json()
    assert client.sessions(pair["access"]).json()[0]["ip"] == remembered
    assert Session.objects.get().ip == remembered


@pytest.mark.parametrize(
    "header",
    [
        "X_FORWARDED_FOR",
        "FORWARDED",
        "X_REAL_IP",
        "CF_CONNECTING_IP",
        "X_CLIENT_IP",
        "TRUE_CLIENT_IP",
    ],
)
def test_no_header_changes_the_address(client, user, header):
    client.log_in(user, REMOTE_ADDR="192.0.2.1", **{f"HTTP_{header}": "198.51.100.9"})
    assert Session.objects.get().ip == "192.0.2.1"


@pytest.mark.parametrize(
    ("sent", "remembered"),
    [
        ("A" * 10_240, "A" * 255),
        ("Fire\0fox\r\n\x1b[31m", "Firefox[31m"),
        ("\x80\x9f\xa0\xff", "\xff"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("", ""),
        ("\u202ereversed", "reversed"),
        ("\U0001f600 astral", "\U0001f600 astral"),
    ],
    ids=["10kB", "control", "latin-1", "html", "empty", "bidi", "emoji"],
)
def test_the_user_agent_is_cut_and_printable(client, user, sent, remembered):
    pair = client.log_in(user, HTTP_USER_AGENT=sent).json()
    assert client.sessions(pair["access"]).json()[0]["user_agent"] == remembered


def test_a_refresh_from_elsewhere_does_not_change_where_the_log_in_was(client, user):
    pair = client.log_in(user, REMOTE_ADDR="192.0.2.1", HTTP_USER_AGENT="phone").json()
    client.defaults.update(REMOTE_ADDR="198.51.100.9", HTTP_USER_AGENT="laptop")
    client.refresh(pair["refresh"])
    assert list(Session.objects.values_list("ip", "user_agent")) == [("192.0.2.1", "phone")]


# --- shapes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["token/", "token/refresh/", "token/verify/", "token/revoke/", "password/change/"]
)
def test_a_public_endpoint_accepts_post_alone(client, user, name):
    access = client.pair(user)["access"]
    for method in ("get", "put", "patch", "delete"):
        answer = getattr(client, method)(AUTH + name, **bearer(access))
        assert answer.status_code == 405
        assert answer.json() == {
            "detail": f'Method "{method.upper()}" not allowed.',
            "code": "method_not_allowed",
        }
        assert answer["Cache-Control"] == "no-store"


def test_no_header_overrides_the_method(client, user):
    mine, other = client.pair(user), client.pair(user)
    answer = client.get(
        AUTH + "sessions/", HTTP_X_HTTP_METHOD_OVERRIDE="DELETE", **bearer(mine["access"])
    )
    assert answer.status_code == 200
    assert_session_lives(client, other)


@override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": "tests.sessions.test_endpoints.handler"})
def test_the_projects_own_exception_handler_formats_refusals(client, user):
    answer = client.log_in(user, PASSWORD + "x")
    assert (answer.status_code, answer.json()) == (401, {"problem": "invalid_credentials"})
    assert answer["WWW-Authenticate"] == CHALLENGE
    assert answer["Cache-Control"] == "no-store"


def handler(exc, context):
    from rest_framework.views import exception_handler  # noqa: PLC0415 - reads settings

    response = exception_handler(exc, context)
    response.data = {"problem": exc.get_codes()}
    return response
