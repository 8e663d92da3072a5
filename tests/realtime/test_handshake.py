"""The handshakes of browsers and of programs, with a real server and real clients."""

import json
import socket
from contextlib import ExitStack

import pytest
from authkit.authentication import APIKeyAuthentication, PlainAPIKeyAuthentication
from authkit.models import APIKey, SecurityEvent, Session, Ticket
from authkit.realtime import AuthkitMiddleware
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from rest_framework_api_key.models import APIKey as ForeignKey
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.conftest import bearer
from tests.realtime.conftest import answer, by_header, closing, offering, seen

pytestmark = pytest.mark.django_db(transaction=True)

INVALID = 'Bearer realm="api", error="invalid_token"'


def test_a_ticket_opens_a_socket(user, get_ticket, open_socket):
    ticket = get_ticket(path="/ws/")
    with open_socket(**offering(ticket)) as opened:
        assert opened.subprotocol == "authkit"
        said = json.loads(opened.recv(timeout=10))
        assert (said["user"], said["auth"]) == (str(user.pk), "AccessToken")
        assert ticket not in str(said)
        assert said["subprotocols"] == ["authkit"]
        opened.send('{"a": 1}')
        assert json.loads(opened.recv(timeout=10)) == {"a": 1}
    assert ticket not in str(opened.response.headers)


def test_a_browser_of_this_site_opens_one(server, get_ticket, open_socket):
    origin = f"http://127.0.0.1:{server}"
    with seen(open_socket(origin=origin, **offering(get_ticket()))) as said:
        assert said["auth"] == "AccessToken"


def test_a_program_sends_headers(user, access, make_key, open_socket):
    with seen(open_socket(**by_header(access))) as said:
        assert (said["user"], said["auth"]) == (str(user.pk), "AccessToken")
    _, key = make_key(owner=user, scopes=["books:read"])
    with seen(open_socket(**by_header(key=key))) as said:
        assert (said["user"], said["auth"], said["scopes"]) == (
            str(user.pk),
            "APIKey",
            ["books:read"],
        )


def test_a_service_is_one_here_too(make_key, open_socket, get_ticket):
    row, key = make_key()
    for options in (by_header(key=key), offering(get_ticket(key=key))):
        with seen(open_socket(**options)) as said:
            assert (said["user"], said["auth"]) == (f"api-key-{row.prefix}", "APIKey")


def test_the_authenticators_of_the_project_decide_about_headers(
    access, user, make_key, get_ticket, open_socket
):
    _, key = make_key(owner=user)
    with seen(open_socket("ws/bearer/", **by_header(key))) as said:
        assert said["auth"] == "APIKey"
    assert answer(open_socket, "ws/tickets/", **by_header(access))[0] == 401
    with seen(open_socket("ws/tickets/", **offering(get_ticket()))) as said:
        assert said["auth"] == "AccessToken"


@pytest.mark.parametrize(
    ("options", "status", "code", "challenge"),
    [
        ({}, 401, "not_authenticated", 'Bearer realm="api", ApiKey realm="api"'),
        (by_header("x"), 401, "token_invalid", INVALID),
        (by_header(key="x"), 401, "api_key_invalid", 'ApiKey realm="api"'),
        (by_header("x", "y"), 400, "multiple_credentials", None),
        (offering("x"), 401, "ticket_invalid", 'Bearer realm="api"'),
        (offering("x", "authkit.ticket.y"), 400, "multiple_credentials", None),
        (by_header("x") | offering("x"), 400, "multiple_credentials", None),
    ],
)
def test_a_program_is_answered_in_http(open_socket, db, options, status, code, challenge):
    found, headers, body = answer(open_socket, **options)
    assert (found, json.loads(body)["code"]) == (status, code)
    if challenge:
        assert headers["WWW-Authenticate"] == challenge


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (offering("x"), (4401, "ticket_invalid")),
        ({"subprotocols": ["authkit"]}, (4401, "not_authenticated")),
        ({}, (4401, "not_authenticated")),
        (offering("x", "authkit.ticket.y"), (4400, "multiple_credentials")),
    ],
)
def test_a_browser_is_told_by_a_close_frame(server, open_socket, db, options, expected):
    assert closing(open_socket(origin=f"http://127.0.0.1:{server}", **options)) == expected


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "http://127.0.0.1",
        "http://127.0.0.1.evil.example.com:{port}",
        "https://127.0.0.1:{port}",
        "null",
        "",
        "http://127.0.0.1:{port}, https://evil.example.com",
        "http://user@127.0.0.1:{port}",
        "http://[",
    ],
)
def test_a_page_of_another_site_is_refused_whatever_it_brings(
    server, access, get_ticket, open_socket, origin
):
    ticket = get_ticket()
    origin = origin.replace("{port}", str(server))
    for options in ({}, offering(ticket), by_header(access)):
        status, _, body = answer(open_socket, origin=origin, **options)
        assert (status, json.loads(body)["code"]) == (403, "origin_refused")
    assert Ticket.objects.get().spent_at is None


def test_the_name_of_an_attacker_that_leads_here_is_no_site_of_ours(server, open_socket, access):
    """DNS rebinding: Host and Origin are the attacker's."""
    site = f"rebound.example.com:{server}"
    resolved = socket.create_connection(("127.0.0.1", server))
    options = by_header(access) | {"origin": f"http://{site}", "sock": resolved, "proxy": None}
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://{site}/ws/", **options):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("origin", "opens"),
    [
        ("https://app.example.com", True),
        ("https://deep.app.example.com", True),
        ("http://app.example.com", False),
        ("https://app.example.com:8443", False),
        ("https://app.example.com.evil.org", False),
        ("https://evil-example.com", False),
        ("https://app.example.com/", False),
    ],
)
def test_sites_of_a_list_may(open_socket, get_ticket, origin, opens):
    by_list = ("ws/listed/", None)
    by_settings = ("ws/", ["https://*.example.com"])
    for path, trusted in (by_list, by_settings):
        with override_settings(CSRF_TRUSTED_ORIGINS=trusted or []):
            if opens:
                with seen(open_socket(path, origin=origin, **offering(get_ticket()))) as said:
                    assert said["auth"] == "AccessToken"
            else:
                assert answer(open_socket, path, origin=origin, **offering(get_ticket()))[0] == 403


def test_a_ticket_opens_one_socket(get_ticket, open_socket):
    ticket = get_ticket()
    with seen(open_socket(**offering(ticket))) as said:
        assert said["auth"] == "AccessToken"
    assert answer(open_socket, **offering(ticket))[0] == 401


def test_a_stolen_ticket_opens_no_other_path(get_ticket, open_socket):
    ticket = get_ticket(path="/ws/")
    assert answer(open_socket, "ws/other/", **offering(ticket))[0] == 401
    assert answer(open_socket, **offering(ticket))[0] == 401
    assert SecurityEvent.objects.filter(kind="ticket_refused").count() == 2


def test_a_ticket_beside_the_token_of_another_user_is_refused(
    client, make_user, get_ticket, open_socket
):
    other = client.pair(make_user())["access"]
    options = offering(get_ticket()) | by_header(other)
    assert answer(open_socket, **options)[0] == 400


@pytest.mark.parametrize("name", ["ticket", "token", "access"])
def test_no_credential_is_taken_from_the_url(access, get_ticket, open_socket, name, security_log):
    ticket = get_ticket()
    for credential in (access, ticket):
        for path in (f"ws/?{name}={credential}", f"ws/{credential}/?"):
            assert answer(open_socket, path, **by_header(access))[0] in (400, 500)
        status, _, body = answer(open_socket, f"ws/?{name}={credential}")
        assert (status, json.loads(body)["code"]) == (400, "credential_in_url")
        assert credential not in str(security_log())
    assert Ticket.objects.get().spent_at is None


def test_the_application_cannot_repeat_a_ticket(get_ticket, open_socket):
    ticket = get_ticket()
    offered = {"subprotocols": [f"authkit.ticket.{ticket}", "authkit"]}
    with open_socket("ws/repeating/", **offered) as opened:
        assert opened.subprotocol == "authkit"
    assert ticket not in str(opened.response.headers)


def test_the_application_may_choose_a_subprotocol_of_its_own(get_ticket, open_socket):
    offered = {"subprotocols": ["graphql-ws", *offering(get_ticket())["subprotocols"]]}
    with open_socket("ws/repeating/", **offered) as opened:
        assert opened.subprotocol == "graphql-ws"


def test_a_client_that_offers_a_ticket_alone_is_answered_with_none(get_ticket, open_socket):
    offered = {"subprotocols": [f"authkit.ticket.{get_ticket()}"]}
    with open_socket(**offered) as opened:
        assert opened.subprotocol is None
        assert opened.recv(timeout=10)


def _log_out(client, pair, user):
    client.revoke(pair["refresh"])


def _deactivate(client, pair, user):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


def _change_password(client, pair, user):
    user.set_password("another correct horse")
    user.save()


def _delete(client, pair, user):
    user.delete()


@pytest.mark.parametrize("act", [_log_out, _deactivate, _change_password, _delete])
def test_what_ends_a_session_ends_its_tickets_and_tokens(
    client, pair, user, get_ticket, open_socket, act
):
    ticket = get_ticket()
    act(client, pair, user)
    for options in (offering(ticket), by_header(pair["access"])):
        status, _, body = answer(open_socket, **options)
        assert (status, json.loads(body)["code"]) == (401, "session_ended")


def test_a_session_that_owes_a_factor_opens_nothing(
    client, user, get_ticket, open_socket, server, settings
):
    tickets = [get_ticket(), get_ticket()]
    settings.AUTHKIT = {"SECOND_FACTOR_REQUIRED": "all"}
    site = f"http://127.0.0.1:{server}"
    refused = (4403, "second_factor_enrolment_required")
    assert closing(open_socket(origin=site, **offering(tickets[0]))) == refused
    assert answer(open_socket, **offering(tickets[1]))[0] == 403
    enrolment = client.pair(user)["access"]
    assert answer(open_socket, **by_header(enrolment))[0] == 403


@pytest.mark.parametrize(
    "changes", [{"revoked": True}, {"networks": "10.0.0.0/8"}, {"expiry_date": "2001-01-01T00:00Z"}]
)
def test_a_key_that_may_not_be_used_opens_nothing(user, make_key, get_ticket, open_socket, changes):
    row, key = make_key(owner=user)
    ticket = get_ticket(key=key)
    APIKey.objects.filter(pk=row.pk).update(**changes)
    for options in (offering(ticket), by_header(key=key)):
        assert answer(open_socket, **options)[0] == 401


def test_clients_without_a_credential_may_be_let_in(open_socket, access):
    with seen(open_socket("ws/open/")) as said:
        assert (said["user"], said["auth"]) == ("None", "NoneType")
    with seen(open_socket("ws/open/", **by_header(access))) as said:
        assert said["auth"] == "AccessToken"
    assert answer(open_socket, "ws/open/", **by_header("x"))[0] == 401


def test_the_first_message_may_bring_a_ticket(user, get_ticket, open_socket, server):
    for options in ({}, {"origin": f"http://127.0.0.1:{server}"}):
        with open_socket("ws/first/", **options) as opened:
            opened.send(json.dumps({"ticket": get_ticket(path="/ws/first/")}))
            assert json.loads(opened.recv(timeout=10))["user"] == str(user.pk)
            opened.send('{"a": 1}')
            assert json.loads(opened.recv(timeout=10)) == {"a": 1}


def test_with_a_ticket_in_the_handshake_no_message_is_waited_for(get_ticket, open_socket):
    with seen(open_socket("ws/first/", **offering(get_ticket()))) as said:
        assert said["auth"] == "AccessToken"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "not_authenticated"),
        ("{", "not_authenticated"),
        ("[]", "not_authenticated"),
        ("1e999", "not_authenticated"),
        ("[" * 1000, "not_authenticated"),
        ('{"ticket": null}', "not_authenticated"),
        ('{"ticket": 1}', "not_authenticated"),
        (b'{"ticket": "x"}', "not_authenticated"),
        ('{"ticket": "' + "x" * 2000 + '"}', "not_authenticated"),
        ('{"ticket": "x"}', "ticket_invalid"),
        ('{"ticket": "\\ud800"}', "ticket_invalid"),
        ('{"ticket": "\\u0000"}', "ticket_invalid"),
        ('{"ticket": ""}', "ticket_invalid"),
    ],
)
def test_any_other_first_message_ends_it(open_socket, db, message, reason):
    with open_socket("ws/first/") as opened:
        opened.send(message)
        assert closing(opened) == (4401, reason)


def test_a_client_that_says_nothing_does_not_stay(open_socket, db, monkeypatch):
    monkeypatch.setattr("authkit.realtime.middleware.FIRST_MESSAGE_SECONDS", 0.1)
    assert closing(open_socket("ws/first/")) == (4401, "not_authenticated")


def test_a_client_that_leaves_before_its_first_message_is_gone(open_socket, db):
    with open_socket("ws/first/"):
        pass
    with open_socket("ws/first-open/") as opened:
        opened.send("{}")
        assert json.loads(opened.recv(timeout=10))["auth"] == "NoneType"


def test_one_client_makes_so_many_handshakes_and_no_more(open_socket, access):
    answers = [answer(open_socket, "ws/few/")[0] for _ in range(3)]
    assert answers == [401, 401, 401]
    status, headers, body = answer(open_socket, "ws/few/", **by_header(access))
    assert (status, json.loads(body)["code"]) == (429, "too_many_requests")
    assert 0 < int(headers["Retry-After"]) <= 65


def test_one_account_opens_so_many_and_no_more(client, user, open_socket, access, get_ticket):
    others = client.pair(user)["access"]
    with ExitStack() as stack:
        for token in (access, others):
            opened = open_socket("ws/few-of-account/", **by_header(token))
            stack.enter_context(opened)
        assert answer(open_socket, "ws/few-of-account/", **by_header(access))[0] == 429
        assert answer(open_socket, "ws/few-of-account/", **offering(get_ticket()))[0] == 429


def test_what_happens_to_connections_is_in_the_log(user, access, open_socket, security_log, db):
    session = str(Session.objects.get().pk)
    with seen(open_socket(**by_header(access))):
        ((level, line),) = security_log("connection_opened")
        assert (level, line["user"], line["session"]) == ("INFO", user.pk, session) or (
            line["user"] == str(user.pk)
        )
    for _ in range(3):
        answer(open_socket)
    answer(open_socket, **by_header("x"))
    refused = [line["reason"] for _, line in security_log("connection_refused")]
    assert sorted(refused) == ["not_authenticated", "token_invalid"]
    assert not SecurityEvent.objects.exclude(kind="session_started").exists()


class InURL(APIKeyAuthentication):
    query_parameter = "key"


class Elsewhere(PlainAPIKeyAuthentication):
    model = ForeignKey


@pytest.mark.parametrize("kind", [InURL, Elsewhere])
def test_what_cannot_be_held_is_refused_at_the_start(kind):
    with pytest.raises(ImproperlyConfigured, match=kind.__name__):
        AuthkitMiddleware(None, authenticators=[kind])
    with pytest.raises(ValueError, match="no rate"):
        AuthkitMiddleware(None, per_client="often")


def test_requests_pass_by_and_are_answered_by_django(client, access):
    assert client.get("/api/v1/auth/me/", **bearer(access)).status_code == 200
