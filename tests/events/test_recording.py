"""What happens leaves a row, a line and a signal, and none of them is in the way."""

import json
import logging

import pytest
from authkit import signals
from authkit.core import clock as authkit_clock
from authkit.core.event_kinds import KINDS, Facts
from authkit.errors import CodeInvalid
from authkit.events import flows
from authkit.events.flows import record
from authkit.events.models import insertion
from authkit.factors.totp.flows import confirm, set_up
from authkit.login.flows import complete_login
from authkit.models import SecurityEvent, Session
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from tests.conftest import AUTH, PASSWORD, bearer, username_for
from tests.login.test_login import words
from tests.sessions.forge import claims_of

pytestmark = pytest.mark.django_db

BROWSER = {"HTTP_USER_AGENT": "Browser", "REMOTE_ADDR": "192.0.2.7"}


def test_a_log_in_is_kept_told_and_logged(client, user, clock, told, security_log):
    client.log_in(user, **BROWSER)

    event = SecurityEvent.objects.get()
    session = Session.objects.get()
    assert (event.kind, event.user, event.session_id) == ("session_started", user, session.pk)
    assert (event.ip, event.network, event.user_agent) == ("192.0.2.7", "192.0.2.7", "Browser")
    assert (event.facts, event.created_at) == ({"amr": ["pwd"]}, authkit_clock.now())
    assert str(event) == "session_started"
    assert told == [
        signals.Event(
            kind="session_started",
            user_id=user.pk,
            session_id=session.pk,
            ip="192.0.2.7",
            user_agent="Browser",
            facts={"amr": ["pwd"]},
            created_at=event.created_at,
        )
    ]
    assert [facts["event"] for _, facts in security_log()] == ["session_started"]


def test_an_address_of_ipv6_is_of_its_network(client, user):
    client.log_in(user, REMOTE_ADDR="2001:db8:1:2:3:4:5:6")
    event = SecurityEvent.objects.get()
    assert (event.ip, event.network) == ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")


def test_the_user_agent_is_cut_and_printable(client, user):
    client.log_in(user, HTTP_USER_AGENT="x\x1b[31m\u202e" + "y" * 1000)
    user_agent = SecurityEvent.objects.get().user_agent
    assert (user_agent[:5], len(user_agent)) == ("x[31m", 255)


def test_outside_of_a_request_the_actor_is_unknown(user, kept):
    record("account_unlocked", user=user.pk)
    event = SecurityEvent.objects.get()
    assert (event.ip, event.network, event.user_agent) == (None, "", "")


def test_the_client_of_a_request_is_forgotten_with_it(client, user):
    client.log_in(user, **BROWSER)
    record("account_unlocked", user=user.pk)
    assert SecurityEvent.objects.get(kind="account_unlocked").ip is None


def test_who_ends_a_session_is_who_is_told_and_not_who_started_it(client, user):
    refresh = client.pair(user)["refresh"]
    client.post(AUTH + "token/revoke/", {"refresh": refresh}, **BROWSER)
    event = SecurityEvent.objects.get(kind="session_ended")
    assert (event.ip, event.facts) == ("192.0.2.7", {"reason": "log_out"})


def test_many_sessions_that_end_at_once_are_one_event_with_their_count(
    client, user, clock, told, security_log
):
    for _ in range(5):
        pair = client.pair(user)
    assert client.delete(AUTH + "sessions/", **bearer(pair["access"])).status_code == 204
    event = SecurityEvent.objects.get(kind="sessions_ended")
    assert event.facts == {"reason": "ended_by_user", "count": 4}
    assert len(security_log("sessions_ended")) == 1
    assert [event.kind for event in told].count("sessions_ended") == 1
    assert not SecurityEvent.objects.filter(kind="session_ended").exists()


def test_one_session_that_ends_is_named_in_its_event(client, user):
    other, mine = client.pair(user), client.pair(user)
    client.delete(AUTH + "sessions/", **bearer(mine["access"]))
    event = SecurityEvent.objects.get(kind="session_ended")
    assert str(event.session_id) == claims_of(other["access"])["sid"]


def test_ending_twenty_sessions_costs_what_ending_two_does(
    client, user, django_assert_max_num_queries
):
    costs = []
    for number in (2, 20):
        for _ in range(number):
            pair = client.pair(user)
        with django_assert_max_num_queries(50) as queries:
            client.delete(AUTH + "sessions/", **bearer(pair["access"]))
        costs.append(words(queries))
    assert costs[0] == costs[1]


def test_where_no_session_ends_nothing_is_kept(client, user, kept):
    access = client.pair(user)["access"]
    client.delete(AUTH + "sessions/", **bearer(access))
    assert kept() == ["session_started"]


def test_a_refused_password_names_whose_it_was_and_keeps_no_name(client, user, kept):
    client.log_in(user, "wrong")
    assert kept(user=user) == ["login_failed"]


def test_an_unknown_username_is_not_stored(client, kept, told, security_log):
    typed = username_for("hunter2-typed-into-the-wrong-field")
    body = {get_user_model().USERNAME_FIELD: typed, "password": "wrong"}
    client.post(AUTH + "token/", body)
    assert kept(user=None) == ["login_failed"]
    rows = str(list(SecurityEvent.objects.values()))
    for text in (rows, str(told), json.dumps(security_log())):
        assert "hunter2" not in text


def test_no_event_says_more_than_is_allowed(client, user, clock):
    pair = client.pair(user)
    client.log_in(user, "wrong")
    client.refresh(pair["refresh"])
    clock.shift(60)
    client.refresh(pair["refresh"])
    allowed = set(Facts.__annotations__)
    for event in SecurityEvent.objects.all():
        assert event.kind in KINDS
        assert set(event.facts) <= allowed


def test_it_is_kept_whatever_is_logged(client, user, kept, told, caplog):
    caplog.set_level(logging.CRITICAL, logger="authkit.security")
    client.log_in(user)
    assert (kept(), [event.kind for event in told]) == (["session_started"],) * 2


# --- a database that does not take it ------------------------------------------------------------


@pytest.fixture
def unwritable(monkeypatch):
    def run(*args):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    monkeypatch.setattr(insertion, "run", run)


def test_an_event_that_cannot_be_written_does_not_stop_a_log_in(
    client, user, unwritable, kept, told, security_log, caplog
):
    pair = client.pair(user)
    assert client.sessions(pair["access"]).status_code == 200
    assert client.log_in(user, "wrong").status_code == 401
    assert client.revoke(pair["refresh"]).status_code == 204
    assert kept() == []
    happened = ["session_started", "login_failed", "session_ended"]
    assert [facts["event"] for _, facts in security_log()] == happened
    assert [event.kind for event in told] == happened
    failures = [line for line in caplog.records if line.name == "authkit.events"]
    # The cause once, and each event: see test_unstored.py.
    assert [line.levelname for line in failures] == ["ERROR"] * 4


def test_it_breaks_no_transaction_around_it(user, unwritable):
    with transaction.atomic():
        record("account_unlocked", user=user.pk)
        user.set_password("another")
        user.save()
    user.refresh_from_db()
    assert user.check_password("another")


def test_a_failure_to_look_the_user_up_does_not_change_the_answer(
    client, user, monkeypatch, caplog
):
    def fail(username):
        raise DatabaseError("gone")

    monkeypatch.setattr(flows, "_user_named", fail)
    assert client.log_in(user, "wrong").status_code == 401
    assert "The recording of a security event failed. DatabaseError: gone" in caplog.text


def test_without_its_table_everything_works(client, user, settings, monkeypatch):
    """As between two deployments, of which the second migrates."""
    monkeypatch.setattr(SecurityEvent._meta, "db_table", "not_migrated_yet")
    pair = client.pair(user)
    assert client.log_in(user, "wrong").status_code == 401
    assert client.revoke(pair["refresh"]).status_code == 204


# --- what is undone, and what is not -------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_is_recorded_before_a_refusal_stays(client, user, kept):
    """Also with ATOMIC_REQUESTS, whose transaction the refusal rolls back."""
    pair = client.pair(user)
    body = {"current_password": "wrong", "new_password": "a new one altogether"}
    assert client.post(AUTH + "password/change/", body, **bearer(pair["access"])).status_code == 401
    assert kept() == ["session_started", "password_change_failed"]


@pytest.mark.django_db(transaction=True)
def test_a_wrong_code_at_the_set_up_stays_although_the_set_up_is_undone(client, user, kept):
    client.pair(user)
    session = Session.objects.get()
    set_up(user, recent=True)
    with pytest.raises(CodeInvalid):
        confirm(user, session, "000000")
    assert kept() == ["session_started", "second_factor_failed"]


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_undoes_has_not_happened(user, kept):
    with transaction.atomic():
        record("account_unlocked", user=user.pk)
        assert kept() == ["account_unlocked"]
        transaction.set_rollback(True)
    assert kept() == []


@pytest.mark.django_db(transaction=True)
def test_what_happens_to_a_user_who_has_just_gone_is_kept_too(user, kept):
    pk = user.pk
    user.delete()
    with transaction.atomic():
        record("account_unlocked", user=pk)
    assert kept() == ["account_unlocked"]


# --- signals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["security_event", "session_started", "session_ended"])
def test_a_receiver_that_raises_is_logged_and_does_not_stop_the_request(
    client, user, kept, caplog, name
):
    signal = getattr(signals, name)

    def broken(**kwargs):
        raise RuntimeError("a receiver of the project's")

    signal.connect(broken)
    try:
        pair = client.pair(user)
        assert client.revoke(pair["refresh"]).status_code == 204
    finally:
        signal.disconnect(broken)
    assert kept() == ["session_started", "session_ended"]
    logged = [line for line in caplog.records if line.name == "django.dispatch"]
    assert logged
    assert {line.levelno for line in logged} == {logging.ERROR}
    assert PASSWORD not in caplog.text


def test_what_concerns_no_account_is_told_and_logged_and_not_kept(
    client, user, kept, told, security_log
):
    access = client.pair(user)["access"]
    assert client.get(AUTH + "sessions/", {"token": access}).status_code == 400
    assert kept() == ["session_started"]
    assert told[-1].kind == security_log()[-1][1]["event"] == "credential_in_url"
    assert (told[-1].ip, told[-1].facts) == ("127.0.0.1", {"credential": "access"})


def test_a_log_in_in_a_view_of_the_projects_own_knows_the_client(user):
    request = RequestFactory().post("/social", **BROWSER)
    complete_login(request, user, methods=["fed"])
    assert SecurityEvent.objects.get().ip == "192.0.2.7"
