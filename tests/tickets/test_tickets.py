"""``ticket/``, and what a ticket opens: once, for half a minute, and nothing else."""

import json
import re
from datetime import timedelta

import pytest
from authkit.core import clock as authkit_clock
from authkit.core.http.client import Client
from authkit.errors import APIKeyInvalid, EnrolmentRequired, SessionEnded, TicketInvalid
from authkit.models import APIKey, SecurityEvent, Session, Ticket
from authkit.tickets import flows
from authkit.tickets.flows import LIFETIME, redeem
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import OperationalError
from django.test import override_settings

from tests.conftest import AUTH, bearer
from tests.database.statements import at_statement, failing_statement

pytestmark = pytest.mark.django_db

CLIENT = Client("203.0.113.7", "a browser")


def spend(ticket, path="/ws/"):
    return redeem(ticket, path, CLIENT)


def refused(ticket, path="/ws/"):
    with pytest.raises(TicketInvalid):
        spend(ticket, path)


def events():
    kept = SecurityEvent.objects.filter(kind="ticket_refused")
    return [(event.user_id, event.session_id, event.facts) for event in kept.order_by("created_at")]


def test_a_ticket_opens_what_its_session_opens(client, user, access):
    response = client.post(AUTH + "ticket/", {}, **bearer(access))
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) == {"ticket", "expires_in"}
    assert body["expires_in"] == 30
    assert re.fullmatch(r"tkt_[\w-]{43}", body["ticket"])
    found, auth = spend(body["ticket"])
    session = Session.objects.get()
    assert found == user
    assert auth.session == session
    assert auth.claims.session_id == session.pk
    assert auth.claims.payload["auth_time"] == int(session.authenticated_at.timestamp())


def test_its_claims_are_those_of_the_token_and_cannot_be_changed(client, user, settings):
    settings.AUTHKIT = {"ACCESS_TOKEN_CLAIMS": lambda user, session: {"groups": ["a", {"b": 1}]}}
    access = client.pair(user)["access"]
    ticket = client.post(AUTH + "ticket/", {}, **bearer(access)).json()["ticket"]
    claims = spend(ticket)[1].claims
    assert claims.payload["groups"] == ("a", {"b": 1})
    with pytest.raises(TypeError):
        claims.payload["groups"][1]["b"] = 2


def test_a_ticket_of_a_key_has_its_scopes(make_key, user, get_ticket):
    row, key = make_key(owner=user, scopes=["books:read"])
    found, auth = spend(get_ticket(key))
    assert found == user
    assert auth == row
    assert auth.scopes == ["books:read"]


def test_a_ticket_of_a_service_key_is_the_service(make_key, get_ticket):
    row, key = make_key()
    found, auth = spend(get_ticket(key))
    assert (found.pk, found.is_authenticated) == (f"api-key-{row.prefix}", True)
    assert auth == row


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "not_authenticated"),
        (bearer("x"), 401, "token_invalid"),
        ({"HTTP_X_API_KEY": "x"}, 401, "api_key_invalid"),
        ({"HTTP_X_API_KEY": "x", **bearer("x")}, 400, "multiple_credentials"),
    ],
)
def test_without_a_valid_credential_there_is_none(client, headers, status, code):
    response = client.post(AUTH + "ticket/", {}, **headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["", "ws/", "/ws/?a=b", "/ws/#a", "/a b", "/" + "a" * 512, "/a\n", "/a\0", "/\ud800", 1, None],
)
def test_a_path_is_a_path(client, access, path):
    body = json.dumps({"path": path}).encode()
    headers = {"content_type": "application/json", "format": None, **bearer(access)}
    response = client.post(AUTH + "ticket/", body, **headers)
    assert response.status_code == 400
    assert not Ticket.objects.exists()


def test_other_members_are_refused(client, access):
    response = client.post(AUTH + "ticket/", {"user": 1}, **bearer(access))
    assert response.status_code == 400


def test_no_value_of_a_row_is_a_ticket(get_ticket):
    ticket = get_ticket(path="/ws/")
    row = Ticket.objects.values().get()
    assert not [value for value in row.values() if ticket.removeprefix("tkt_") in str(value)]
    refused(f"tkt_{row['digest'][:43]}")
    assert spend(ticket)


def test_a_ticket_is_spent_once_and_its_owner_sees_the_copy(user, get_ticket, security_log):
    ticket = get_ticket()
    spend(ticket)
    refused(ticket)
    assert events() == [(user.pk, Session.objects.get().pk, {"reason": "spent"})]
    ((level, line),) = security_log("ticket_refused")
    assert (level, line["reason"], line["ip"]) == ("WARNING", "spent", "203.0.113.7")
    assert ticket not in str(line)


def test_a_race_for_a_ticket_has_one_winner(get_ticket):
    ticket = get_ticket()
    with at_statement("UPDATE", Ticket, lambda: spend(ticket)):
        refused(ticket)


def test_it_lasts_for_thirty_seconds(clock, get_ticket):
    for age, opens in ((29, True), (30, False)):
        ticket = get_ticket()
        clock.shift(age)
        if opens:
            assert spend(ticket)
        else:
            refused(ticket)
    assert [facts["reason"] for *_, facts in events()] == ["expired"]
    assert timedelta(seconds=30) == LIFETIME


def test_one_of_the_future_opens_nothing(get_ticket):
    ticket = get_ticket()
    Ticket.objects.update(created_at=authkit_clock.now() + timedelta(seconds=5))
    refused(ticket)


def test_a_ticket_for_a_path_opens_no_other_and_is_spent(get_ticket):
    for presented_at in ("/ws/other/", "/ws", "/WS/", "/ws/../ws/", ""):
        ticket = get_ticket(path="/ws/")
        refused(ticket, presented_at)
        refused(ticket, "/ws/")
    assert spend(get_ticket(path="/ws/"), "/ws/")


@pytest.mark.parametrize(
    "junk", ["", "tkt_", "tkt_" + "a" * 43, "a" * 10**6, "tkt_" + "\0" * 43, "\ud800", "tkt_é" * 9]
)
def test_junk_is_refused_and_counted(junk, security_log):
    for _ in range(3):
        refused(junk)
    assert len(security_log("token_rejected")) == 1
    assert not SecurityEvent.objects.exists()


def test_a_ticket_dies_with_its_session(client, pair, get_ticket):
    ticket = get_ticket()
    client.revoke(pair["refresh"])
    with pytest.raises(SessionEnded):
        spend(ticket)
    refused(ticket)


def _deactivate(user):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


def _change_password(user):
    user.set_password("another correct horse")
    user.save()


def _forget_sessions(user):
    Session.objects.all().delete()


@pytest.mark.parametrize("act", [_deactivate, _change_password, _forget_sessions])
def test_a_ticket_dies_with_what_its_session_needs(user, get_ticket, act):
    ticket = get_ticket()
    act(user)
    with pytest.raises(SessionEnded):
        spend(ticket)


@pytest.mark.staff
def test_a_session_that_owes_a_factor_by_now_opens_nothing(user, get_ticket):
    ticket = get_ticket()
    policy = override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"})
    with policy, pytest.raises(EnrolmentRequired):
        spend(ticket)
    assert SecurityEvent.objects.filter(kind="enrolment_required").count() == 1


def test_a_session_that_owes_a_factor_gets_no_ticket(client, user):
    with override_settings(AUTHKIT={"SECOND_FACTOR_REQUIRED": "all"}):
        access = client.pair(user)["access"]
        response = client.post(AUTH + "ticket/", {}, **bearer(access))
    assert response.status_code == 403
    assert response.json()["code"] == "second_factor_enrolment_required"


@pytest.mark.parametrize(
    "changes", [{"revoked": True}, {"networks": "10.0.0.0/8"}, {"expiry_date": "2001-01-01T00:00Z"}]
)
def test_a_ticket_dies_with_its_key(make_key, user, get_ticket, changes):
    row, key = make_key(owner=user)
    ticket = get_ticket(key)
    APIKey.objects.filter(pk=row.pk).update(**changes)
    with pytest.raises(APIKeyInvalid):
        spend(ticket)
    refused(ticket)
    assert (user.pk, None, {"reason": "spent", "api_key": str(row.pk)}) in events()


def test_a_deleted_key_opens_nothing(make_key, user, get_ticket):
    row, key = make_key(owner=user)
    ticket = get_ticket(key)
    row.delete()
    with pytest.raises(APIKeyInvalid):
        spend(ticket)


def test_the_rate_of_a_key_counts_its_connections(make_key, get_ticket, client):
    _, key = make_key(rate="2/hour")
    ticket = get_ticket(key)
    spend(ticket)
    assert client.post(AUTH + "ticket/", {}, HTTP_X_API_KEY=key).status_code == 429


def test_an_account_gets_as_many_as_it_needs_and_no_more(client, user, access, monkeypatch):
    monkeypatch.setattr(flows, "LIMIT", flows.Rate(2, timedelta(minutes=1)))
    others = client.pair(user)["access"]
    answers = [client.post(AUTH + "ticket/", {}, **bearer(one)) for one in (access, others, access)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 0 < int(answers[-1]["Retry-After"]) <= 65
    assert Ticket.objects.count() == 2


def test_while_the_database_is_down_the_answer_is_503(client, access):
    with failing_statement("INSERT", Ticket, OperationalError("connection lost")):
        response = client.post(AUTH + "ticket/", {}, **bearer(access))
    assert response.status_code == 503
    assert not Ticket.objects.exists()


def test_tickets_are_pruned_a_day_later(clock, get_ticket, capsys):
    get_ticket()
    clock.shift(24 * 3600)
    call_command("authkit_prune")
    assert Ticket.objects.exists()
    clock.shift(1)
    call_command("authkit_prune")
    assert not Ticket.objects.exists()
    assert "tickets: 1 deleted" in capsys.readouterr().out


def test_three_statements_spend_one(get_ticket, django_assert_num_queries):
    spend(get_ticket())
    ticket = get_ticket()
    with django_assert_num_queries(3):
        spend(ticket)
