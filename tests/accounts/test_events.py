"""``GET events/``: one's own, newest first."""

import base64
import uuid
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from authkit.core import clock as authkit_clock
from authkit.events.flows import record
from authkit.models import APIKey, SecurityEvent, Session
from django.test import override_settings

from tests.conftest import AUTH, bearer

pytestmark = pytest.mark.django_db

EVENTS = AUTH + "events/"


@pytest.fixture
def access(client, user):
    return client.pair(user)["access"]


def events_of(user, number, since=None):
    since = since or authkit_clock.now() - timedelta(days=1)
    SecurityEvent.objects.bulk_create(
        SecurityEvent(kind="login_failed", user=user, created_at=since + timedelta(seconds=second))
        for second in range(number)
    )


def test_it_shows_what_happened(client, user, access):
    session = Session.objects.get()
    answer = client.get(EVENTS, **bearer(access))
    event = SecurityEvent.objects.get()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["next"], body["previous"]) == (None, None)
    [shown] = body["results"]
    assert datetime.fromisoformat(shown.pop("created_at")) == event.created_at
    assert shown == {
        "id": str(event.pk),
        "kind": "session_started",
        "ip": "127.0.0.1",
        "user_agent": "",
        "session": str(session.pk),
        "by_administrator": False,
        "details": {"amr": ["pwd"]},
    }


def test_details_are_shown_and_neither_the_administrator_nor_the_note(client, user, access):
    details = {
        "method": "totp",
        "reason": "log_out",
        "api_key": uuid.uuid4(),
        "scopes": ["books:read"],
        "changed": ["name"],
    }
    record("second_factor_disabled", user=user.pk, actor=12345, note="called in", **details)
    answer = client.get(EVENTS, **bearer(access))
    shown = answer.json()["results"][0]
    assert shown["details"] == {**details, "api_key": str(details["api_key"])}
    assert shown["by_administrator"] is True
    assert b"12345" not in answer.content
    assert b"called in" not in answer.content


def pages(client, access):
    url = EVENTS
    while url:
        body = client.get(url, **bearer(access)).json()
        yield body["results"]
        url = body["next"]


def test_pages_are_newest_first_and_complete(client, user, access):
    events_of(user, 120)
    found = list(pages(client, access))
    assert [len(page) for page in found] == [50, 50, 21]
    ids = [event["id"] for page in found for event in page]
    newest_first = SecurityEvent.objects.order_by("-created_at", "-id")
    assert ids == [str(pk) for pk in newest_first.values_list("pk", flat=True)]


def test_pages_are_complete_where_everything_happened_at_once(client, user, access):
    moment = authkit_clock.now()
    SecurityEvent.objects.bulk_create(
        SecurityEvent(kind="login_failed", user=user, created_at=moment) for _ in range(120)
    )
    ids = [event["id"] for page in pages(client, access) for event in page]
    assert len(ids) == len(set(ids)) == 121


def test_events_of_other_users_are_not_shown(client, user, access, make_user):
    other = make_user()
    events_of(other, 60)
    events_of(None, 60)
    foreign = client.pair(other)["access"]
    foreign_cursor = client.get(EVENTS, **bearer(foreign)).json()["next"].split("?")[1]
    mine = {str(pk) for pk in SecurityEvent.objects.of(user).values_list("pk", flat=True)}
    for url in (EVENTS, f"{EVENTS}?{foreign_cursor}", EVENTS + f"?user={other.pk}&user_id=1"):
        answer = client.get(url, **bearer(access))
        assert {event["id"] for event in answer.json()["results"]} <= mine


@pytest.mark.parametrize("number", [1, 200])
def test_it_costs_two_queries_however_many_there_are(
    client, user, access, django_assert_num_queries, number
):
    events_of(user, number)
    with django_assert_num_queries(2):
        client.get(EVENTS, **bearer(access))


def cursor(**parts):
    return base64.b64encode(urlencode(parts).encode()).decode()


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "ü",
        "x" * 10_000,
        cursor(p="yesterday"),
        cursor(p="2026-13-45 99:00:00+00:00"),
        cursor(p="2026-01-01 00:00:00"),
        cursor(p="0001-01-01 00:00:00+14:00"),
        cursor(p="9999-12-31 23:59:59-12:00"),
        cursor(p="\x00"),
        cursor(p="' OR 1=1 --"),
        cursor(o="-1"),
        cursor(o="x"),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused_or_harmless(client, user, access, value):
    answer = client.get(EVENTS, {"cursor": value}, **bearer(access))
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_cursor_far_away_is_an_empty_page(client, user, access):
    answer = client.get(
        EVENTS, {"cursor": cursor(p="1971-01-01 00:00:00+00:00", o="9" * 30)}, **bearer(access)
    )
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_a_client_without_a_session_sees_no_event(client, user, access):
    _, key = APIKey.objects.create_key(name="job", owner=user)
    assert client.get(EVENTS).status_code == 401
    assert client.get(EVENTS, HTTP_X_API_KEY=key).status_code == 401
    client.delete(AUTH + f"sessions/{Session.objects.get().pk}/", **bearer(access))
    assert client.get(EVENTS, **bearer(access)).status_code == 401


def test_they_are_only_read(client, user, access):
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(EVENTS, {}, **bearer(access)).status_code == 405


@override_settings(
    REST_FRAMEWORK={
        "DEFAULT_FILTER_BACKENDS": ["not.imported"],
        "DEFAULT_PAGINATION_CLASS": "not.imported",
        "PAGE_SIZE": 3,
    }
)
def test_the_projects_own_pages_and_filters_are_not_ours(client, user, access):
    events_of(user, 60)
    assert len(client.get(EVENTS, **bearer(access)).json()["results"]) == 50
