"""Neither unauthenticated clients nor forgotten programs flood the table."""

import re
from datetime import UTC, datetime

import pytest
from authkit.core.event_kinds import KEPT_PERIOD, KINDS, MAX_KEPT
from authkit.events import flows
from authkit.models import APIKey, SecurityEvent
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import AUTH, bearer, username_for
from tests.docs.pages import ROOT
from tests.login.test_login import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def little_room(monkeypatch):
    monkeypatch.setattr(flows, "MAX_KEPT", 3)
    monkeypatch.setattr(flows, "DROP_SHARDS", 1)


def fail(client, name, ip="192.0.2.1"):
    body = {get_user_model().USERNAME_FIELD: username_for(name), "password": "wrong"}
    return client.post(AUTH + "token/", body, REMOTE_ADDR=ip)


def test_one_network_is_kept_so_often_and_no_more(
    client, little_room, kept, told, security_log, clock
):
    for number in range(5):
        assert fail(client, f"unknown{number}").status_code == 401
    assert kept() == ["login_failed"] * 3
    assert len(told) == len(security_log("login_failed")) == 5
    fail(client, "unknown", ip="192.0.2.2")
    assert len(kept()) == 4


def test_a_64_of_ipv6_is_one_network(client, little_room, kept, clock):
    for number in range(5):
        fail(client, f"unknown{number}", ip=f"2001:db8::{number}")
    assert len(kept()) == 3


def test_clients_without_an_address_are_one_network(client, little_room, kept, clock):
    for number in range(5):
        fail(client, f"unknown{number}", ip="")
    assert len(kept()) == 3


def test_an_hour_later_there_is_room_again(client, little_room, kept, clock):
    for number in range(5):
        fail(client, f"unknown{number}")
    clock.shift(KEPT_PERIOD.total_seconds())
    fail(client, "unknown")
    assert len(kept()) == 4


def test_other_kinds_from_there_are_kept(client, user, little_room, kept, clock):
    for number in range(5):
        fail(client, f"unknown{number}", ip="127.0.0.1")
    client.pair(user)
    assert sorted(kept()) == ["login_failed"] * 3 + ["session_started"]


@pytest.mark.parametrize("full", [False, True])
def test_a_known_and_an_unknown_name_cost_the_same(client, make_user, little_room, clock, full):
    make_user("known")
    costs = []
    for name, ip in (("known", "192.0.2.1"), ("unknown", "192.0.2.2")):
        for number in range(4 if full else 0):
            fail(client, f"somebody{number}", ip)
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                fail(client, name, ip)
            costs.append(words(queries))
    for known, unknown in zip(costs[:2], costs[2:], strict=True):
        assert known[:-1] == unknown[:-1]
        # What is not stored is counted: both write one row.
        assert (known[-1], unknown[-1]) == ("INSERT", "UPDATE" if full else "INSERT")


def test_refusals_fill_nothing(client, user, little_room, kept, clock):
    for _ in range(30):
        fail(client, user.get_username().partition("@")[0])
    assert sorted(kept()) == ["login_failed"] * 3 + ["too_many_attempts"] * 3
    assert set(SecurityEvent.objects.values_list("user", flat=True)) == {user.pk}


def test_a_program_that_goes_on_with_a_dead_key_fills_nothing(
    client, user, little_room, kept, clock, settings
):
    settings.ROOT_URLCONF = "tests.api_keys.urls"
    expired = datetime(2020, 1, 1, tzinfo=UTC)
    api_key = APIKey(name="job", owner=user, expiry_date=expired)
    key = APIKey.objects.insert(api_key)
    for _ in range(10):
        assert client.get("/key", HTTP_X_API_KEY=key).status_code == 401
    assert kept(user=user) == ["api_key_refused"] * 3
    facts = {"api_key": str(api_key.pk), "reason": "expired"}
    assert SecurityEvent.objects.first().facts == facts


def test_the_real_limits_are_these():
    assert (MAX_KEPT, KEPT_PERIOD.total_seconds()) == (100, 3600)


def test_the_floodable_events_are_those_of_the_documentation():
    page = (ROOT / "docs" / "reference" / "signals.md").read_text()
    [sentence] = re.findall(r"^Of (`.*?), which\s+strangers", page, re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", sentence)) == {
        name for name, kind in KINDS.items() if kind.floodable
    }


@pytest.mark.django_db(transaction=True)
def test_the_refusal_of_a_key_survives_the_transaction_of_the_request(
    client, user, kept, settings, monkeypatch
):
    """DRF rolls it back for the refusal."""
    settings.ROOT_URLCONF = "tests.api_keys.urls"
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    expired = datetime(2020, 1, 1, tzinfo=UTC)
    key = APIKey.objects.insert(APIKey(name="job", owner=user, expiry_date=expired))
    assert client.get("/key", HTTP_X_API_KEY=key).status_code == 401
    assert kept() == ["api_key_refused"]
    assert client.get("/key", HTTP_X_API_KEY=key).status_code == 401
    assert kept() == ["api_key_refused"] * 2


# --- noise hides nothing ------------------------------------------------------------------------


def trail(user):
    return list(
        SecurityEvent.objects.of(user).order_by("created_at").values_list("kind", flat=True)
    )


def test_noise_about_unknown_names_hides_no_guess_at_an_account(client, user, clock):
    name = user.get_username().partition("@")[0]
    for number in range(MAX_KEPT + 20):
        fail(client, f"unknown{number}")
    for _ in range(10):
        assert fail(client, name).status_code == 401
    assert fail(client, name).status_code == 429
    assert sorted(trail(user)) == ["login_failed"] * 10 + ["too_many_attempts"]
    assert SecurityEvent.objects.filter(user=None).count() == MAX_KEPT


def test_noise_about_one_account_hides_nothing_about_another(client, make_user, little_room, clock):
    noisy, victim = make_user("noisy"), make_user("victim")
    for _ in range(5):
        fail(client, "noisy")
    for _ in range(2):
        fail(client, "victim")
    assert trail(noisy) == ["login_failed"] * 3
    assert trail(victim) == ["login_failed"] * 2


def test_noise_of_one_network_hides_nothing_of_another(client, user, little_room, clock):
    name = user.get_username().partition("@")[0]
    for _ in range(5):
        fail(client, name)
    for number in range(2, 5):
        fail(client, name, ip=f"192.0.2.{number}")
    assert len(trail(user)) == 3 + 3


@pytest.mark.names
def test_a_profile_that_does_not_change_is_no_event_and_one_that_flaps_is_bounded(
    client, user, little_room, security_log, clock
):
    headers = bearer(client.pair(user)["access"])

    def patch(name):
        answer = client.patch(AUTH + "me/", {"first_name": name}, **headers)
        assert (answer.status_code, answer.json()["first_name"]) == (200, name)

    patch("Ann")
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            patch("Ann")
    assert not any("UPDATE" in word for word in words(queries))
    assert trail(user).count("profile_changed") == 1
    for _ in range(5):
        patch("Bea")
        patch("Ann")
    assert trail(user).count("profile_changed") == 3
    assert len(security_log("profile_changed")) == 11  # the log has them all
    user.refresh_from_db()
    assert user.first_name == "Ann"
